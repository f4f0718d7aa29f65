# The pure core: events and states, one process, the daemon's own life.
troupe_test(process_fsm_test unit troupe_core)
troupe_test(process_table_test unit troupe_core)
troupe_test(daemon_fsm_test unit troupe_core)
troupe_test(events_test unit troupe_protocols)
troupe_test(log_lines_test unit troupe_protocols)
troupe_test(stdout_lines_test unit troupe_protocols)
troupe_test(http_text_test unit troupe_protocols)
troupe_test(login_pace_test unit troupe_protocols)
troupe_test(json_rpc_test unit troupe_protocols)
troupe_test(capture_test unit troupe_protocols)
troupe_test(listener_protocol_test unit troupe_protocols)
troupe_test(pool_fsm_test unit troupe_core)

# A fuzzer's target with inputs of its own.
add_executable(listener_fuzz fuzz/listener_fuzz.cpp)
target_link_libraries(listener_fuzz PRIVATE troupe_core)
add_test(NAME listener_fuzz COMMAND listener_fuzz)
set_tests_properties(listener_fuzz PROPERTIES LABELS unit TIMEOUT 120)
