-- Tests and pages as the gateway holds them in memory: what changed since it looked last.
--
-- As in access/tables.sql, each row bears the transaction that changed it last, and `since` is the
-- oldest transaction that had not ended then.

-- name: listen
LISTEN storepulse_experiments;

-- name: horizon
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon;

-- name: tests
-- With the settings of the current phase; of a draft, which previews show, with what its author wrote.
-- Null for an archived test: visitors see it no more than one that never was.
SELECT t.test_id::text, t.store_id::text, t.name, t.status, t.priority, t.phase, t.winner,
       CASE t.status WHEN 'draft' THEN t.definition::text WHEN 'archived' THEN NULL
                     ELSE p.settings::text END AS settings
  FROM ab_tests AS t
  LEFT JOIN ab_test_phases AS p ON p.test_id = t.test_id AND p.phase = t.phase
 WHERE t.test_id IN (SELECT test_id FROM ab_tests WHERE changed_in >= %(since)s::xid8
                      UNION ALL
                     SELECT test_id FROM ab_test_phases WHERE changed_in >= %(since)s::xid8);

-- name: pages
SELECT store_id::text, page_type, slug, page::text AS page, version
  FROM ab_pages
 WHERE changed_in >= %(since)s::xid8;
