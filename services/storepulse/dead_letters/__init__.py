"""Dead letters: records that could not be processed, kept whole with the reason, and the way back.

What makes one:
- `letter`: the stages at which a record fails, a new letter, and a letter as the index holds it;
- `slice_letters`: new letters from a slice's records, for the agents and the matcher;
- `foreign`, `foreign_letters`: those that other tools leave in our topics;
- `kafka_copy`: the copy in a topic `dlq.*`, and its headers.

Where they are:
- `index` (`index.sql`): listed, grouped, counted; `documents`: as JSON; `closing`: discarded and
  reopened.

How one is replayed:
- `replay`: a run; `replay_order`: what it is asked and what it did; `claims`: which letters it has
  meanwhile;
- `patch`: an event repaired on the way; `replay_record`: what a letter is sent again as;
  `replay_publisher`: to Kafka; `requeue`: to a destination;
- `outcomes`: what came of it, written with the effect itself.

`contracts.dead_letter_headers` holds the headers that the slices, a lower layer, read as well.
Closed letters that are too old are removed by `retention`, with everything else that is.
"""
