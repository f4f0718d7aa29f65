troupe_test(company_test actors troupe_actors)
troupe_test(process_requests_test unit troupe_core)
troupe_test(contained_test unit troupe_io)
troupe_test(rpc_methods_test unit troupe_io)
troupe_test(child_output_test unit troupe_io)
troupe_test(file_watch_test unit troupe_io)
troupe_test(event_bus_test unit troupe_io)
troupe_test(listener_pipes_test unit troupe_io)
troupe_test(fcgi_sockets_test unit troupe_io)
troupe_test(work_crew_test unit troupe_io)

# What supervisord loads: the examples' shared objects, and odd ones.
add_library(odd_plugin MODULE ${CMAKE_SOURCE_DIR}/tests/plugins/odd.c)
target_include_directories(odd_plugin PRIVATE ${CMAKE_SOURCE_DIR}/include)
set_target_properties(odd_plugin PROPERTIES PREFIX "" OUTPUT_NAME odd LIBRARY_OUTPUT_DIRECTORY
  ${CMAKE_BINARY_DIR}/plugins)
add_library(throwing_plugin MODULE ${CMAKE_SOURCE_DIR}/tests/plugins/throws.cpp)
target_include_directories(throwing_plugin PRIVATE ${CMAKE_SOURCE_DIR}/include)
set_target_properties(throwing_plugin PROPERTIES PREFIX "" OUTPUT_NAME throws LIBRARY_OUTPUT_DIRECTORY
  ${CMAKE_BINARY_DIR}/plugins)
troupe_test(rpc_extension_test unit troupe_io)
troupe_test(plugin_test unit troupe_io)
target_compile_definitions(plugin_test PRIVATE TROUPE_PLUGINS="${CMAKE_BINARY_DIR}/plugins")
add_dependencies(plugin_test odd_plugin throwing_plugin example_counter example_judge)
