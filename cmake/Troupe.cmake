# What a build may switch (cmake -D...), and the flags every room shares (troupe_flags).
option(TROUPE_DEVELOPER "for who works on Troupe: warnings are errors; tests and benchmarks, unless switched off" OFF)
option(BUILD_TESTING "build the tests; needs Boost.Test" ${TROUPE_DEVELOPER})
option(TROUPE_BENCHMARKS "build the helpers of the benchmarks" ${TROUPE_DEVELOPER})
set(TROUPE_SANITIZE "" CACHE STRING "sanitizers to build with, as for -fsanitize (address,undefined or thread)")
option(TROUPE_PORTABLE "on Linux, too, do with what POSIX has: the sources in posix/ instead of those in linux/" OFF)
option(TROUPE_UNITY "compile several files of a room that uses Asio or CAF at once: a quarter of the time" ON)
set(TROUPE_SPAWN "" CACHE STRING "how children are made: vfork, fork, or empty for the best for this build")

find_program(CCACHE ccache)
if(CCACHE)
  # Without the sloppiness ccache refuses whatever has a precompiled header; with the base folder a clone elsewhere hits.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

add_library(troupe_flags INTERFACE)
target_include_directories(troupe_flags INTERFACE ${CMAKE_BINARY_DIR}/generated)
target_compile_options(troupe_flags INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
if(TROUPE_DEVELOPER) # a newer compiler's new warning must not stop a user
  target_compile_options(troupe_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 sees in std::string and result<> what is not there (its bug 105651).
  target_compile_options(troupe_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-array-bounds)
  # ccache cannot see through a precompiled header unless the compiler is told to ignore its time stamp.
  target_compile_options(troupe_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()
if(TROUPE_SANITIZE)
  target_compile_options(troupe_flags INTERFACE -fsanitize=${TROUPE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  if(TROUPE_SANITIZE MATCHES thread) # Asio's stand-alone fences are unknown to it, and nothing here relies on them
    target_compile_options(troupe_flags INTERFACE -Wno-tsan)
    target_compile_definitions(troupe_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  if(TROUPE_SANITIZE MATCHES undefined)
    target_compile_options(troupe_flags INTERFACE -fno-sanitize=null) # CAF's argument-less spawn
  endif()
  target_link_options(troupe_flags INTERFACE -fsanitize=${TROUPE_SANITIZE})
  target_compile_definitions(troupe_flags INTERFACE TROUPE_SANITIZED=1)
endif()
# Thousands of relocations of one kind, as a bit map: less to read at each start.
include(CheckLinkerFlag)
check_linker_flag(CXX LINKER:-z,pack-relative-relocs TROUPE_PACKS_RELOCATIONS)
if(TROUPE_PACKS_RELOCATIONS)
  target_link_options(troupe_flags INTERFACE LINKER:-z,pack-relative-relocs)
endif()
# Where systems differ, a room has two files of one name; linux/ is the quicker one.
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND NOT TROUPE_PORTABLE)
  set(TROUPE_SYSTEM linux)
else()
  set(TROUPE_SYSTEM posix)
endif()
if(TROUPE_SPAWN STREQUAL fork OR TROUPE_SYSTEM STREQUAL posix OR (TROUPE_SANITIZE AND NOT TROUPE_SPAWN))
  set(TROUPE_MAKE_CHILD posix/fork_child.cpp) # sanitizers do not bear the other one
else()
  set(TROUPE_MAKE_CHILD linux/clone_child.cpp)
endif()
if(TROUPE_PORTABLE) # then Asio does with select(2), and must not reach for more in any of our files
  target_compile_definitions(troupe_flags INTERFACE BOOST_ASIO_DISABLE_EPOLL BOOST_ASIO_DISABLE_EVENTFD
    BOOST_ASIO_DISABLE_TIMERFD)
endif()

configure_file(${CMAKE_SOURCE_DIR}/cmake/version.hpp.in ${CMAKE_BINARY_DIR}/generated/troupe_version.hpp)

# troupe_room(LIBRARY FOLDER): `#include "FOLDER/x.hpp"` is found by LIBRARY and those that link it, and by nobody else: each
# room has an include folder of its own, with a link to its sources. So an include that goes up does not compile.
function(troupe_room library folder)
  set(root ${CMAKE_BINARY_DIR}/rooms/${library})
  get_filename_component(parent ${root}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
  target_include_directories(${library} PUBLIC ${root})
endfunction()

# troupe_unity(LIBRARY): most of what its files cost is headers, which are parsed once for several of them. Then a name of its
# own in one file must not be that of another; the linters' build has each file by itself.
function(troupe_unity library)
  if(TROUPE_UNITY)
    set_target_properties(${library} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    target_compile_options(${library} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# The standard library's headers, compiled once by troupe_config for every room that needs neither Asio nor CAF. Each file
# still includes what it uses: the linters' build and cmake's CMAKE_DISABLE_PRECOMPILE_HEADERS do without this.
set(TROUPE_HEADERS <algorithm> <atomic> <charconv> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional>
  <string> <string_view> <unordered_map> <utility> <variant> <vector>)
