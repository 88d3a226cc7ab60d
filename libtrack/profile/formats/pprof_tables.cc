#include "libtrack/profile/formats/pprof_tables.h"

#include "libtrack/profile/formats/pprof_fields.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::profile {

using protozero::data_view;
using protozero::pbf_reader;

std::string PprofTables::String(std::uint64_t index, const char* at) {
  if (index >= strings_.size()) {
    throw Malformed{at, "string " + std::to_string(index) + " of " + std::to_string(strings_.size())};
  }
  const data_view view = strings_[index];
  if (view.size() > string_budget_) throw Malformed{at, "the strings would take more memory than is accepted"};
  string_budget_ -= view.size();
  return {view.data(), view.size()};
}

std::string PprofTables::Text(std::uint64_t index, const char* at) {
  std::string text = String(index, at);
  return support::IsUtf8(text) ? text : support::ToUtf8(text);
}

ValueType PprofTables::ReadValueType(data_view view) {
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

void PprofTables::ReadMapping(data_view view, Profile& profile) {
  Mapping& mapping = profile.mappings.emplace_back();
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

void PprofTables::ReadFunction(data_view view, Profile& profile) {
  Function& function = profile.functions.emplace_back();
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

void PprofTables::ReadLine(data_view view, Location& location) const {
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

void PprofTables::ReadLocation(data_view view, Profile& profile) {
  Location& location = profile.locations.emplace_back();
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
