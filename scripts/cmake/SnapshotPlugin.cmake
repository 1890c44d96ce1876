# What the wrappers and their tests need to know about the pass: which files make up the plugin, for which clang
# majors there is one, and which clang the wrappers run by default. Sets SNAPSHOT_PLUGIN_NAME, SNAPSHOT_PLUGIN_TARGETS,
# SNAPSHOT_PLUGIN_FILES, SNAPSHOT_PLUGIN_MAJORS, SNAPSHOT_CLANG and SNAPSHOT_CLANGXX.
get_property(SNAPSHOT_PLUGIN_MAJORS GLOBAL PROPERTY SNAPSHOT_PASS_VERSIONS)
list(SORT SNAPSHOT_PLUGIN_MAJORS COMPARE NATURAL)
set(SNAPSHOT_PLUGIN_NAME snapshot-pass.so)
set(SNAPSHOT_PLUGIN_TARGETS snapshot-pass)
foreach(major IN LISTS SNAPSHOT_PLUGIN_MAJORS)
  list(APPEND SNAPSHOT_PLUGIN_TARGETS snapshot-pass-${major})
endforeach()
list(TRANSFORM SNAPSHOT_PLUGIN_TARGETS REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE SNAPSHOT_PLUGIN_FILES)

# The clang of this build if there is a plugin for it, else the newest that has one.
string(REGEX MATCH "^[0-9]+" build_major "${CMAKE_CXX_COMPILER_VERSION}")
if(build_major IN_LIST SNAPSHOT_PLUGIN_MAJORS)
  set(SNAPSHOT_CLANG ${CMAKE_C_COMPILER})
  set(SNAPSHOT_CLANGXX ${CMAKE_CXX_COMPILER})
else()
  list(GET SNAPSHOT_PLUGIN_MAJORS -1 newest)
  find_program(SNAPSHOT_CLANG clang-${newest} REQUIRED)
  find_program(SNAPSHOT_CLANGXX clang++-${newest} REQUIRED)
endif()
