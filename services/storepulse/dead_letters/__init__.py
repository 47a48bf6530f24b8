"""Dead letters: records that could not be processed, kept with the reason, and their replay.

Creation:
- `letter`: the stages at which a record fails, new letters, and letters as the index holds them
- `slice_letters`: new letters from a slice's records, for the agents and the matcher
- `foreign`, `foreign_letters`: letters that other tools leave in our topics
- `kafka_copy`: the copy in a topic `dlq.*`, and its headers

Storage:
- `index` (`index.sql`): lists, groups and counts letters
- `documents`: letters as JSON
- `closing`: discards and reopens letters

Replay:
- `replay`: a run; `replay_order`: its input and its result; `claims`: the letters that it holds
- `patch`: repairs an event; `replay_record`: the record that a letter is sent as
- `replay_publisher`: sends records to Kafka; `requeue`: queues deliveries for a destination
- `outcomes`: the outcome of a replay, written in the transaction of its effect

`contracts.dead_letter_headers` has the headers, because the slices, a lower layer, read them too.
`retention` removes old closed letters.
"""
