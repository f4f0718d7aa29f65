troupe_test(load_test unit troupe_config)
