"""What a trigger waits for: one small type each, by subject; `kinds` names them all."""
