# Unit tests: one program per room, one suite per file, one ctest entry per suite.
# troupe_test(SUITE LABEL LIBRARY [more libraries]): SUITE.cpp of this folder becomes part of the program of LIBRARY's room
# (troupe_config: config_tests) and is run by ctest as SUITE. What needs definitions of its own gets them for its file, by
# set_source_files_properties; what needs other flags is a program of its own and links test_main.
add_library(test_main OBJECT ${CMAKE_SOURCE_DIR}/tests/main.cpp)
troupe_room(test_main tests)
target_link_libraries(test_main PUBLIC troupe_flags Boost::unit_test_framework)
target_compile_definitions(test_main PUBLIC BOOST_TEST_DYN_LINK)
# What is tested is optimised as ever; the tests themselves would take half as long again to compile.
target_compile_options(test_main PUBLIC $<$<CONFIG:Release,RelWithDebInfo>:-O1>)
target_precompile_headers(test_main PRIVATE <boost/test/unit_test.hpp> <boost/test/data/test_case.hpp>
  <boost/test/data/monomorphic.hpp> <string> <vector> <ostream>)

# All programs that ctest's labels unit and actors need.
add_custom_target(unit_tests)

# Each test has a name of its own: ctest would take two of one name silently, and give the labels of both to the first.
function(troupe_new_test name)
  get_property(names GLOBAL PROPERTY troupe_test_names)
  if(name IN_LIST names)
    message(FATAL_ERROR "two tests are called ${name}")
  endif()
  set_property(GLOBAL APPEND PROPERTY troupe_test_names ${name})
  add_test(NAME ${name} COMMAND ${ARGN})
endfunction()

function(troupe_test suite label library)
  string(REPLACE troupe_ "" room ${library})
  set(program ${room}_tests)
  if(NOT TARGET ${program})
    add_executable(${program})
    target_link_libraries(${program} PRIVATE test_main)
    target_precompile_headers(${program} REUSE_FROM test_main)
    add_dependencies(unit_tests ${program})
  endif()
  target_sources(${program} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${suite}.cpp)
  target_link_libraries(${program} PRIVATE ${library} ${ARGN})
  troupe_new_test(${suite} ${program} --run_test=${suite} --log_level=test_suite --report_level=short)
  set_tests_properties(${suite} PROPERTIES LABELS "${label};${room}" TIMEOUT 120
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp halt_on_error=1")
endfunction()
