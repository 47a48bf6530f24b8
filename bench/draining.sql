-- What became of the events that were fed.

-- name: accepted
SELECT coalesce(sum(accepted), 0)::bigint FROM ledger_counts;

-- name: counted
SELECT (SELECT sum(accepted) FROM ledger_counts), (SELECT sum(applied) FROM ledger_counts),
       (SELECT sum(dead) FROM ledger_counts),
       (SELECT count(*) FROM heatmap_cells), (SELECT sum(events) FROM heatmap_cells),
       (SELECT sum(events * (col + 1) * ("row" + 1)) FROM heatmap_cells),
       (SELECT sum(events * (reach + 1)) FROM heatmap_scroll),
       (SELECT sum(clicks + 1000 * hovers + dwell_ms) FROM heatmap_elements);

-- name: newest_id
SELECT event_id FROM event_ids ORDER BY event_id DESC LIMIT 1;
