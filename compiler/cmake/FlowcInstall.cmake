# What `cmake --install` puts where, and the CMake package.
#
# bin and lib are fixed names: flowc finds lib/flowc from its own place, and the package finds bin/flowc from its own. The build tree
# has the same layout, so that a project can use either: -Dflowc_DIR=BUILD/lib/cmake/flowc.
include(CMakePackageConfigHelpers)

set(FLOWC_PACKAGE_DIR ${PROJECT_BINARY_DIR}/lib/cmake/flowc)
configure_file(${CMAKE_CURRENT_LIST_DIR}/flowcConfig.cmake.in ${FLOWC_PACKAGE_DIR}/flowcConfig.cmake @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/FlowcAddModel.cmake ${FLOWC_PACKAGE_DIR}/FlowcAddModel.cmake COPYONLY)
write_basic_package_version_file(${FLOWC_PACKAGE_DIR}/flowcConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)

install(TARGETS flowc RUNTIME DESTINATION bin)
install(TARGETS flowmodel flowmodel_nothreads ARCHIVE DESTINATION lib/flowc)
install(TARGETS flowc_runner RUNTIME DESTINATION lib/flowc)
install(DIRECTORY ${FLOWC_PACKAGE_DIR}/ DESTINATION lib/cmake/flowc)
