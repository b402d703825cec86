# flowc_add_model(TARGET SPEC file [NAME name] [DTYPE f32|f64|both] [CPU name] [DEPENDS file...] [OPTIONS option...])
#
# Compiles a spec at build time and makes TARGET, a shared library that other targets link:
#
#   find_package(flowc REQUIRED)
#   flowc_add_model(moons SPEC two_moons.flow DTYPE f32)
#   target_link_libraries(app PRIVATE moons)        # app.cpp includes "two_moons.hpp"
#
#   NAME     the name that the spec gives the flow, if it is not the file's name without extension
#   DTYPE    element types to compile for; flowc's default where absent
#   CPU      LLVM's name of the processor; that of the building machine where absent
#   DEPENDS  files that the spec imports: their change compiles it anew
#   OPTIONS  further options of `flowc build`
#
# The model directory is CMAKE_CURRENT_BINARY_DIR/TARGET.model (target property FLOWC_MODEL_DIR). To install the library beside an
# application: install(IMPORTED_RUNTIME_ARTIFACTS TARGET).

# The build runs this file as a script after flowc, which has named the library after the flow and not after NAME.
if(CMAKE_SCRIPT_MODE_FILE)
  if(NOT EXISTS "${FLOWC_EXPECTED_LIBRARY}")
    message(FATAL_ERROR "say NAME in flowc_add_model: the spec gives its flow another name than expected, and flowc made no "
      "${FLOWC_EXPECTED_LIBRARY}")
  endif()
  return()
endif()
set(FLOWC_ADD_MODEL_SCRIPT "${CMAKE_CURRENT_LIST_FILE}" CACHE INTERNAL "")

function(flowc_add_model target)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "SPEC;NAME;DTYPE;CPU" "DEPENDS;OPTIONS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "flowc_add_model(${target}): unknown argument ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_SPEC)
    message(FATAL_ERROR "flowc_add_model(${target}): SPEC is missing")
  endif()
  get_filename_component(spec "${ARG_SPEC}" ABSOLUTE)
  if(NOT ARG_NAME)
    get_filename_component(ARG_NAME "${spec}" NAME_WE)
  endif()
  list(TRANSFORM ARG_DEPENDS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")

  set(options ${ARG_OPTIONS})
  if(ARG_DTYPE)
    list(APPEND options --dtype ${ARG_DTYPE})
  endif()
  if(ARG_CPU)
    list(APPEND options --cpu ${ARG_CPU})
  endif()

  set(directory "${CMAKE_CURRENT_BINARY_DIR}/${target}.model")
  set(library "${directory}/${ARG_NAME}.so")
  # CMake wants include directories to exist when it configures.
  file(MAKE_DIRECTORY "${directory}")
  add_custom_command(
    OUTPUT "${library}"
    BYPRODUCTS "${directory}/${ARG_NAME}.h" "${directory}/${ARG_NAME}.hpp" "${directory}/flowrt.h" "${directory}/flowrt.hpp"
      "${directory}/manifest.json" "${directory}/model"
    COMMAND ${CMAKE_COMMAND} -E rm -f "${library}"
    COMMAND flowc::flowc build "${spec}" -o "${directory}" ${options}
    COMMAND ${CMAKE_COMMAND} -DFLOWC_EXPECTED_LIBRARY=${library} -P "${FLOWC_ADD_MODEL_SCRIPT}"
    DEPENDS "${spec}" ${ARG_DEPENDS} "${FLOWC_EXECUTABLE}"
    COMMENT "Compiling the flow ${ARG_NAME}"
    VERBATIM)
  add_custom_target(${target}_compile DEPENDS "${library}")

  add_library(${target} SHARED IMPORTED GLOBAL)
  add_dependencies(${target} ${target}_compile)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${library}"
    IMPORTED_SONAME ${ARG_NAME}.so
    INTERFACE_INCLUDE_DIRECTORIES "${directory}"
    INTERFACE_COMPILE_FEATURES cxx_std_20
    FLOWC_MODEL_DIR "${directory}")
endfunction()
