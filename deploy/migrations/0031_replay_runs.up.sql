-- Which letters a run has replayed: asked for while it lasts, and by each of its parts.

CREATE INDEX dead_letter_actions_of_run ON dead_letter_actions (((details ->> 'run')::uuid))
 WHERE action = 'replayed';
