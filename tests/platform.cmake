troupe_test(spawn_test unit troupe_platform)
troupe_test(files_test unit troupe_platform)

# The same tests on the other way to make a child, whichever the build has chosen.
add_executable(spawn_fork_test spawn_test.cpp ${CMAKE_SOURCE_DIR}/platform/spawn.cpp ${CMAKE_SOURCE_DIR}/platform/command.cpp)
target_compile_options(spawn_fork_test PRIVATE -UTROUPE_SPAWN_VFORK -DTROUPE_SPAWN_FORK=1)
target_compile_definitions(spawn_fork_test PRIVATE BOOST_TEST_DYN_LINK BOOST_TEST_MODULE=spawn_fork_test)
target_link_libraries(spawn_fork_test PRIVATE troupe_config Boost::unit_test_framework)
add_test(NAME spawn_fork_test COMMAND spawn_fork_test)
set_tests_properties(spawn_fork_test PROPERTIES LABELS unit TIMEOUT 60)
