# The real binaries on real children. `smoke` is the part that also runs under the sanitizers.
function(troupe_system_test name label timeout)
  add_test(NAME ${name} COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/${name}.py)
  set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${timeout} ENVIRONMENT
    "TROUPE_BIN=${CMAKE_BINARY_DIR}/bin;TROUPE_ORACLE=${CMAKE_SOURCE_DIR}/build/oracle;TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp;TROUPE_PATIENCE=${ARGN}")
endfunction()

set(patience 30)
if(TROUPE_SANITIZE)
  set(patience 120)
endif()
troupe_system_test(daemon_test "system;smoke" 900 ${patience})
troupe_system_test(redis_test "system;smoke" 120 ${patience})
troupe_system_test(docs_test "system" 60 ${patience})
troupe_system_test(oracle_test "system" 300 ${patience})
troupe_system_test(pidproxy_test "system;smoke" 120 ${patience})
