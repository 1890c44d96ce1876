# Generates snapcc and snapc++ in OUTPUT from wrappers/snapcc.in. A script for build time, because the identity of
# the plugin and the config files goes into the wrappers: that is what makes ccache notice another plugin.
#   cmake -DSETTINGS=file -DOUTPUT=directory -DCONFIG_DIRECTORY=suffix -P SnapshotWrappers.cmake
# SETTINGS, written by wrappers/CMakeLists.txt, sets TEMPLATE, IDENTIFY (files), MAJORS, CLANG and CLANGXX.
# CONFIG_DIRECTORY leads from the wrappers' folder to that of the config files, as in /../lib/snapshot.
include(${SETTINGS})
set(hashes "")
foreach(file IN LISTS IDENTIFY)
  file(SHA256 ${file} hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 IDENTITY "${hashes}")
list(JOIN MAJORS " " SUPPORTED_MAJORS)
list(JOIN MAJORS " or " SUPPORTED_TEXT)

# configure_file leaves a file alone, time stamp included, when its text would not change.
function(generate_wrapper TOOL TOOL_ROLE TOOL_VARIABLE DEFAULT_CLANG)
  configure_file(${TEMPLATE} ${OUTPUT}/${TOOL} @ONLY
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()
generate_wrapper(snapcc CC SNAPSHOT_CC ${CLANG})
generate_wrapper(snapc++ CXX SNAPSHOT_CXX ${CLANGXX})
