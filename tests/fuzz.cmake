# Fuzz targets, run on generated inputs in the suite. With clang: clang++ -std=c++20 -fsanitize=fuzzer,address -I.
# tests/fuzz/output_fuzz.cpp protocols/capture.cpp protocols/strip_ansi.cpp
function(troupe_fuzz name library)
  add_executable(${name} fuzz/${name}.cpp ${ARGN})
  target_link_libraries(${name} PRIVATE ${library})
  target_include_directories(${name} PRIVATE ${CMAKE_BINARY_DIR}/rooms/test_main)
  add_dependencies(unit_tests ${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

troupe_fuzz(env_file_fuzz troupe_config fuzz/generate.cpp)
troupe_fuzz(option_fuzz troupe_core fuzz/generate.cpp)
troupe_fuzz(output_fuzz troupe_protocols fuzz/generate.cpp)
troupe_fuzz(gate_fuzz troupe_protocols fuzz/generate.cpp)
troupe_fuzz(parcel_fuzz troupe_core fuzz/generate.cpp)
troupe_fuzz(history_fuzz troupe_protocols fuzz/generate.cpp)
troupe_fuzz(notify_fuzz troupe_protocols fuzz/generate.cpp)
troupe_fuzz(keeper_fuzz troupe_platform fuzz/generate.cpp)
troupe_fuzz(listener_fuzz troupe_core) # makes its own inputs
