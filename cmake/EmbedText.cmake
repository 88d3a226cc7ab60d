# mqtrack_embed_text(target file symbol): compiles a text file into `target` as `extern const std::string_view symbol;`.
# `file` is relative to the current source directory; `symbol` may be qualified ("mqtrack::reports::kFlameScript"). The
# file is read at build time, so an edit rebuilds. Rejected: checked-in generated sources, which drift from their origin.
#
# The same file is the script that the build runs (cmake -D INPUT=.. -D OUTPUT=.. -D SYMBOL=.. -P EmbedText.cmake).
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${INPUT}" text)
  set(delimiter "mqtrack_text")
  string(FIND "${text}" ")${delimiter}\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${INPUT} contains the end mark of a raw string: )${delimiter}\"")
  endif()
  string(REGEX REPLACE "^(.*)::([^:]+)$" "\\1" scope "${SYMBOL}")
  string(REGEX REPLACE "^(.*)::([^:]+)$" "\\2" name "${SYMBOL}")
  if(scope STREQUAL SYMBOL)
    set(open "")
    set(close "")
  else()
    set(open "namespace ${scope} {\n")
    set(close "}  // namespace ${scope}\n")
  endif()
  # `extern` in the declaration gives the constant external linkage.
  file(WRITE "${OUTPUT}"
    "#include <string_view>\n${open}extern const std::string_view ${name};\n"
    "constexpr std::string_view ${name} = R\"${delimiter}(${text})${delimiter}\";\n${close}")
  return()
endif()

set(MQTRACK_EMBED_TEXT_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")
function(mqtrack_embed_text target file symbol)
  get_filename_component(input "${file}" ABSOLUTE)
  string(MAKE_C_IDENTIFIER "${symbol}" stem)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${stem}.cc")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -D "INPUT=${input}" -D "OUTPUT=${output}" -D "SYMBOL=${symbol}"
            -P "${MQTRACK_EMBED_TEXT_SCRIPT}"
    DEPENDS "${input}" "${MQTRACK_EMBED_TEXT_SCRIPT}" VERBATIM
    COMMENT "Embedding ${file}")
  target_sources(${target} PRIVATE "${output}")
endfunction()
