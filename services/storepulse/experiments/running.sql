-- Tests and pages for the gateway, which holds them in memory: changes since the last read.
--
-- As in access/tables.sql, each row has the transaction that changed it last, and `since` is the
-- oldest transaction that was running at the last read.

-- name: listen
LISTEN storepulse_experiments;

-- name: horizon
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon;

-- name: tests
-- With the settings of the current phase. A draft, which previews show, has its author's definition.
-- An archived test has null: it is not served.
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
