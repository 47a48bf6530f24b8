"""Pure rules of delivery: matching, batches, payloads, retries and the meaning of answers."""
