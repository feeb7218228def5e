# vz_add_frontend(<name> SOURCES <files> [LINK <libraries>] [CHECK_CONFIG <key=value>...])
#
# A frontend plugin: <name>.so with one exported function and no unresolved symbol. Where testing is enabled, the test <name>.check runs
# `vectorizer plugin check` on it, with the keys that its configuration requires.
# Below an installation's prefix; the program's folder is beside lib/.
set(VECTORIZER_FRONTEND_INSTALL_DIRECTORY lib/vectorizer/frontends)

function(vz_add_frontend name)
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/frontend.map)
    cmake_parse_arguments(FRONTEND "" "" "SOURCES;LINK;CHECK_CONFIG" ${ARGN})
    add_library(${name} MODULE ${FRONTEND_SOURCES})
    target_link_libraries(${name} PRIVATE Vectorizer::engine ${FRONTEND_LINK})
    set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        LINK_DEPENDS ${map} INSTALL_RPATH "$ORIGIN/../..")
    target_link_options(${name} PRIVATE -Wl,-z,defs -Wl,-z,nodelete -Wl,--version-script=${map})
    target_compile_options(${name} PRIVATE $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fno-gnu-unique>)
    if(VECTORIZER_FRONTEND_DIRECTORY)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${VECTORIZER_FRONTEND_DIRECTORY})
    endif()
    set(settings ${FRONTEND_CHECK_CONFIG})
    list(TRANSFORM settings PREPEND "--set=")
    add_test(NAME ${name}.check COMMAND Vectorizer::host plugin check ${settings} $<TARGET_FILE:${name}>)
endfunction()
