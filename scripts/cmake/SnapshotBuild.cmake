# What every target of the build shares: language level, warnings, sanitizers, and the check of the options.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "Snapshot's runtime needs clang 16 or later (preserve_most): "
                      "configure with -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19")
endif()
if(SNAPSHOT_RANGE_BITS LESS 30 OR SNAPSHOT_RANGE_BITS GREATER 42)
  message(FATAL_ERROR "SNAPSHOT_RANGE_BITS must be 30 to 42, not ${SNAPSHOT_RANGE_BITS}")
endif()
math(EXPR _range_size "1 << ${SNAPSHOT_RANGE_BITS}")
math(EXPR _range_remainder "${SNAPSHOT_WORKING_BASE} % ${_range_size}")
if(NOT _range_remainder EQUAL 0)
  message(FATAL_ERROR "SNAPSHOT_WORKING_BASE must be a multiple of 2^${SNAPSHOT_RANGE_BITS}")
endif()
math(EXPR _range_index "${SNAPSHOT_WORKING_BASE} >> ${SNAPSHOT_RANGE_BITS}" OUTPUT_FORMAT HEXADECIMAL)
set(SNAPSHOT_RANGE_TAG "${SNAPSHOT_RANGE_BITS}_${_range_index}")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Link to this for the project's own warnings; never exported.
add_library(snapshot_warnings INTERFACE)
target_compile_options(snapshot_warnings INTERFACE -Wall -Wextra -Wconversion
  $<$<BOOL:${SNAPSHOT_WERROR}>:-Werror>)
add_library(snapshot_sanitize INTERFACE)
if(SNAPSHOT_SANITIZE)
  target_compile_options(snapshot_sanitize INTERFACE -fsanitize=${SNAPSHOT_SANITIZE} -fno-omit-frame-pointer
    -gline-tables-only -fno-sanitize-recover=all)
  target_link_options(snapshot_sanitize INTERFACE -fsanitize=${SNAPSHOT_SANITIZE})
endif()

# snapshot_reads_options(SOURCE...): sources of the calling folder that read a command line with CLI11. Optimising its
# templates takes longer than compiling the rest of the program, and they run once.
function(snapshot_reads_options)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "-O0;-gline-tables-only" SKIP_PRECOMPILE_HEADERS ON)
endfunction()
