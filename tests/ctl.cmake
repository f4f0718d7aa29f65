# The XML-RPC codec and supervisorctl.
troupe_test(xmlrpc_test unit troupe_protocols)
troupe_test(ctl_test unit troupe_ctl)
troupe_test(ctl_faults_test unit troupe_ctl)
troupe_test(ctl_start_test unit troupe_ctl)

# Against Debian's daemon, minutes long; run them by hand until our own daemon answers, too:
# tests/ctl_shell_test.py and tests/ctl_oracle_test.py.
