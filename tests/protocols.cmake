# The pure core: events and states, one process, the daemon's own life.
troupe_test(process_fsm_test unit troupe_core)
troupe_test(process_table_test unit troupe_core)
troupe_test(daemon_fsm_test unit troupe_core)
troupe_test(events_test unit troupe_protocols)
