troupe_test(spawn_test unit troupe_platform)
troupe_test(files_test unit troupe_platform)
