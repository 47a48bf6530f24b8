-- Tests and pages as their authors' changes leave them, for whoever only serves them.

-- name: add_test
INSERT INTO ab_tests (test_id, store_id, name, status, priority, definition, phase, winner, created_by)
VALUES (%(test_id)s, %(store_id)s, %(name)s, %(status)s, %(priority)s, %(settings)s, %(phase)s, %(winner)s,
        'bench');

-- name: add_phase
INSERT INTO ab_test_phases (test_id, phase, store_id, started_at, settings, window_ms, pre_ms)
VALUES (%(test_id)s, %(phase)s, %(store_id)s, now(), %(settings)s, 259200000, 1209600000);

-- name: add_store
INSERT INTO stores (store_id, name, created_by) VALUES (%(store_id)s, 'shop', 'bench')
ON CONFLICT DO NOTHING;

-- name: set_page
INSERT INTO ab_pages (store_id, page_type, slug, page, updated_by)
VALUES (%(store_id)s, %(page_type)s, %(slug)s, %(page)s, 'bench')
ON CONFLICT (store_id, page_type, slug)
DO UPDATE SET page = excluded.page, version = ab_pages.version + 1;
