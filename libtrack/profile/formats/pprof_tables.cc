// Second pass over a profile.proto message: the tables that samples refer to.
#include "libtrack/profile/formats/pprof_decoder.h"
#include "libtrack/profile/formats/pprof_fields.h"

namespace mqtrack::profile {

using protozero::data_view;
using protozero::pbf_reader;

ValueType PprofDecoder::ReadValueType(data_view view) {
  ValueType type;
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kValueTypeType:
        type.type = Text(Number(message), at);
        break;
      case field::kValueTypeUnit:
        type.unit = Text(Number(message), at);
        break;
      default:
        message.skip();
    }
  }
  return type;
}

void PprofDecoder::ReadMapping(data_view view) {
  Mapping& mapping = profile_.mappings.emplace_back();
  std::uint64_t id = 0;
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kMappingId:
        id = Number(message);
        break;
      case field::kMappingStart:
        mapping.start = Number(message);
        break;
      case field::kMappingLimit:
        mapping.limit = Number(message);
        break;
      case field::kMappingOffset:
        mapping.offset = Number(message);
        break;
      case field::kMappingFile:
        mapping.file = String(Number(message), at);
        break;
      case field::kMappingBuildId:
        mapping.build_id = String(Number(message), at);
        break;
      case field::kMappingHasFunctions:
        mapping.has_functions = Number(message) != 0;
        break;
      case field::kMappingHasFilenames:
        mapping.has_filenames = Number(message) != 0;
        break;
      case field::kMappingHasLineNumbers:
        mapping.has_line_numbers = Number(message) != 0;
        break;
      case field::kMappingHasInlineFrames:
        mapping.has_inline_frames = Number(message) != 0;
        break;
      default:
        message.skip();
    }
  }
  mapping_ids_.Add(id, view.data());
}

void PprofDecoder::ReadFunction(data_view view) {
  Function& function = profile_.functions.emplace_back();
  std::uint64_t id = 0;
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kFunctionId:
        id = Number(message);
        break;
      case field::kFunctionName:
        function.name = String(Number(message), at);
        break;
      case field::kFunctionSystemName:
        function.system_name = String(Number(message), at);
        break;
      case field::kFunctionFilename:
        function.filename = String(Number(message), at);
        break;
      case field::kFunctionStartLine:
        function.start_line = static_cast<std::int64_t>(Number(message));
        break;
      default:
        message.skip();
    }
  }
  function_ids_.Add(id, view.data());
}

void PprofDecoder::ReadLine(data_view view, Location& location) {
  std::uint64_t function_id = 0;
  Line line;
  pbf_reader message(view);
  while (message.next()) {
    switch (message.tag()) {
      case field::kLineFunctionId:
        function_id = Number(message);
        break;
      case field::kLineLine:
        line.line = static_cast<std::int64_t>(Number(message));
        break;
      default:
        message.skip();
    }
  }
  if (function_id == 0) return;  // a line without a function names nothing
  line.function = FunctionId{function_ids_.Find(function_id, view.data())};
  location.lines.push_back(line);
}

void PprofDecoder::ReadLocation(data_view view) {
  Location& location = profile_.locations.emplace_back();
  std::uint64_t id = 0;
  std::uint64_t mapping_id = 0;
  pbf_reader message(view);
  while (message.next()) {
    switch (message.tag()) {
      case field::kLocationId:
        id = Number(message);
        break;
      case field::kLocationMappingId:
        mapping_id = Number(message);
        break;
      case field::kLocationAddress:
        location.address = Number(message);
        break;
      case field::kLocationLine:
        ReadLine(View(message), location);
        break;
      case field::kLocationIsFolded:
        location.folded = Number(message) != 0;
        break;
      default:
        message.skip();
    }
  }
  if (mapping_id != 0) location.mapping = MappingId{mapping_ids_.Find(mapping_id, view.data())};
  location_ids_.Add(id, view.data());
}

}  // namespace mqtrack::profile
