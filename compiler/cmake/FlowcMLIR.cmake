# Finds MLIR 22, and wraps the three things we build with it: a dialect, a library, a tool.
#
# Only the shared libraries MLIR and LLVM are linked: the exported per-dialect targets of Debian's package would pull in the
# static archives beside them. MLIR headers cost 20 to 60 seconds a file, so every library shares one precompiled header.

find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
find_package(LLD REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/lld)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "flowc needs LLVM and MLIR 22; found ${LLVM_VERSION}")
endif()
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(flowc_mlir INTERFACE)
target_include_directories(flowc_mlir SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_include_directories(flowc_mlir INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_definitions(flowc_mlir INTERFACE ${LLVM_DEFINITIONS})
target_compile_options(flowc_mlir INTERFACE -fno-exceptions -Wall -Wextra -Wno-unused-parameter)
target_link_libraries(flowc_mlir INTERFACE MLIR LLVM)

# The precompiled header, built once and reused by every library that links flowc_mlir.
add_library(flowc_pch STATIC ${PROJECT_SOURCE_DIR}/compiler/cmake/Pch.cpp)
target_link_libraries(flowc_pch PRIVATE flowc_mlir)
target_precompile_headers(flowc_pch PRIVATE ${PROJECT_SOURCE_DIR}/compiler/cmake/Pch.h)

# flowc_tablegen(TARGET file.td OUTPUT generator-flags... [OUTPUT ...]): each OUTPUT is `name=-gen-flag[;flag]`.
function(flowc_tablegen target source)
  set(LLVM_TARGET_DEFINITIONS ${source})
  foreach(entry ${ARGN})
    string(REGEX MATCH "^([^=]+)=(.+)$" _ "${entry}")
    string(REPLACE "," ";" flags "${CMAKE_MATCH_2}")
    mlir_tablegen(${CMAKE_MATCH_1} ${flags} EXTRA_INCLUDES ${PROJECT_SOURCE_DIR} ${MLIR_INCLUDE_DIRS})
  endforeach()
  add_public_tablegen_target(${target})
endfunction()

# What `flowc_add_reference` is called for; part of every build, for it takes a moment.
add_custom_target(flowc-docs ALL)

# flowc_add_reference(file.td PAGE generator-flags...): writes docs/PAGE.md in the build folder.
function(flowc_add_reference source page)
  set(LLVM_TARGET_DEFINITIONS ${source})
  mlir_tablegen(${page}.md ${ARGN} EXTRA_INCLUDES ${PROJECT_SOURCE_DIR} ${MLIR_INCLUDE_DIRS})
  set(output ${PROJECT_BINARY_DIR}/docs/${page}.md)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_BINARY_DIR}/${page}.md ${output}
    DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${page}.md
    VERBATIM)
  add_custom_target(flowc-docs-${page} DEPENDS ${output})
  add_dependencies(flowc-docs flowc-docs-${page})
endfunction()

# flowc_add_mlir_library(NAME sources... DEPENDS ... LINK ...)
function(flowc_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  add_library(flowc::${name} ALIAS ${name})
  target_link_libraries(${name} PUBLIC flowc_mlir ${ARG_LINK})
  target_precompile_headers(${name} REUSE_FROM flowc_pch)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

function(flowc_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE flowc_mlir ${ARG_LINK})
  target_precompile_headers(${name} REUSE_FROM flowc_pch)
  target_link_options(${name} PRIVATE -fuse-ld=lld)
  # Executables default to -fPIE, which the precompiled header of the libraries was not made with.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  set_target_properties(${name} PROPERTIES BUILD_RPATH ${LLVM_LIBRARY_DIR} INSTALL_RPATH ${LLVM_LIBRARY_DIR})
endfunction()
