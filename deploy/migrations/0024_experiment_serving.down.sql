DROP TRIGGER tell_of_change ON ab_pages;
DROP TRIGGER tell_of_change ON ab_test_phases;
DROP TRIGGER tell_of_change ON ab_tests;
DROP FUNCTION tell_of_experiments;
