DROP TABLE ab_pages, ab_sources, ab_phase_ratios, ab_phase_metrics, ab_test_pauses, ab_test_phases, ab_tests;
