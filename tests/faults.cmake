# A second supervisord, which dies where it is told to (platform/fault_point.hpp): the files with points once more, with them,
# before the rooms' libraries, of which the linker then takes all the others. So each of these files is an object of its own
# there (SKIP_UNITY_BUILD_INCLUSION). Beside it what it looks for at such a place. Never installed.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/platform/*.cpp ${CMAKE_SOURCE_DIR}/platform/linux/*.cpp
  ${CMAKE_SOURCE_DIR}/actors/io/*.cpp ${CMAKE_SOURCE_DIR}/apps/daemon/*.cpp)
set(with_points)
foreach(source ${sources})
  file(STRINGS ${source} found REGEX "include .platform/fault_point.hpp")
  if(found)
    list(APPEND with_points ${source})
  endif()
endforeach()
set(folder ${CMAKE_BINARY_DIR}/faults)
add_executable(supervisord_with_fault_points ${CMAKE_SOURCE_DIR}/apps/supervisord.cpp ${with_points})
target_compile_definitions(supervisord_with_fault_points PRIVATE TROUPE_FAULT_POINTS=1)
target_link_libraries(supervisord_with_fault_points PRIVATE troupe_daemon)
set_target_properties(supervisord_with_fault_points PROPERTIES OUTPUT_NAME supervisord RUNTIME_OUTPUT_DIRECTORY ${folder}/bin)
add_dependencies(supervisord_with_fault_points supervisorctl keeper_with_fault_points)
file(MAKE_DIRECTORY ${folder}/bin)
file(CREATE_LINK ../../bin/supervisorctl ${folder}/bin/supervisorctl SYMBOLIC)
file(CREATE_LINK ../tests ${folder}/tests SYMBOLIC)
