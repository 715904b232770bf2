"""House rules: what every module keeps to, whatever it is about."""
