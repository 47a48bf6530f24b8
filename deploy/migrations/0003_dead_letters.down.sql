DROP TABLE dead_letters_removed, dead_letter_actions, dead_letters;
