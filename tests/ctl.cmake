# The XML-RPC codec and supervisorctl.
troupe_test(xmlrpc_test unit troupe_protocols)
troupe_test(ctl_test unit troupe_ctl)
troupe_test(ctl_faults_test unit troupe_ctl)
troupe_test(ctl_start_test unit troupe_ctl)
# GCC 12 at -O3 sees overflows in std::string of Boost.Test's own headers.
foreach(name xmlrpc_test ctl_test ctl_faults_test ctl_start_test)
  target_compile_options(${name} PRIVATE -Wno-stringop-overflow -Wno-array-bounds)
endforeach()

foreach(name ctl_shell_test ctl_oracle_test)
  add_test(NAME ${name} COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/${name}.py)
  set_tests_properties(${name} PROPERTIES LABELS system TIMEOUT 600
    ENVIRONMENT "TROUPE_BIN=${CMAKE_BINARY_DIR}/bin;TROUPE_ORACLE=${CMAKE_SOURCE_DIR}/build/oracle")
endforeach()
