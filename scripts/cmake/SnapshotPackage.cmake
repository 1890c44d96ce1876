# What "cmake --install" adds for other projects: find_package(Snapshot) and pkg-config snapshot. Both find their
# files relative to themselves, so an installed tree can be moved.
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/Snapshot)
set(package_binary_directory ${CMAKE_CURRENT_BINARY_DIR}/package)

# The runtime's own rule puts the library into this set; its users need the headers as well.
install(TARGETS snapshot_headers EXPORT SnapshotTargets)
install(EXPORT SnapshotTargets NAMESPACE Snapshot:: DESTINATION ${package_directory})

set(PLUGIN_PATH "${private_directory}/${SNAPSHOT_PLUGIN_NAME}")
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/SnapshotConfig.cmake.in
  ${package_binary_directory}/SnapshotConfig.cmake INSTALL_DESTINATION ${package_directory}
  PATH_VARS PLUGIN_PATH)
write_basic_package_version_file(${package_binary_directory}/SnapshotConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${package_binary_directory}/SnapshotConfig.cmake
  ${package_binary_directory}/SnapshotConfigVersion.cmake DESTINATION ${package_directory})

file(RELATIVE_PATH PREFIX_FROM_PKGCONFIG /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PREFIX_FROM_PKGCONFIG "${PREFIX_FROM_PKGCONFIG}")
list(JOIN SNAPSHOT_PLUGIN_MAJORS " " SUPPORTED_MAJORS)
configure_file(snapshot.pc.in ${package_binary_directory}/snapshot.pc @ONLY)
install(FILES ${package_binary_directory}/snapshot.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
