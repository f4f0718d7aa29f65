troupe_test(load_test unit troupe_config)
troupe_test(command_line_test unit troupe_config)
troupe_test(text_test unit troupe_config)
