// Field numbers of google/pprof proto/profile.proto, shared by the reader and the writer.
#pragma once

#include <protozero/types.hpp>

namespace mqtrack::profile::field {

using protozero::pbf_tag_type;

inline constexpr pbf_tag_type kProfileSampleType = 1;
inline constexpr pbf_tag_type kProfileSample = 2;
inline constexpr pbf_tag_type kProfileMapping = 3;
inline constexpr pbf_tag_type kProfileLocation = 4;
inline constexpr pbf_tag_type kProfileFunction = 5;
inline constexpr pbf_tag_type kProfileStringTable = 6;
inline constexpr pbf_tag_type kProfileDropFrames = 7;
inline constexpr pbf_tag_type kProfileKeepFrames = 8;
inline constexpr pbf_tag_type kProfileTimeNanos = 9;
inline constexpr pbf_tag_type kProfileDurationNanos = 10;
inline constexpr pbf_tag_type kProfilePeriodType = 11;
inline constexpr pbf_tag_type kProfilePeriod = 12;
inline constexpr pbf_tag_type kProfileComment = 13;
inline constexpr pbf_tag_type kProfileDefaultSampleType = 14;
inline constexpr pbf_tag_type kProfileDocUrl = 15;

inline constexpr pbf_tag_type kValueTypeType = 1;
inline constexpr pbf_tag_type kValueTypeUnit = 2;

inline constexpr pbf_tag_type kSampleLocationId = 1;
inline constexpr pbf_tag_type kSampleValue = 2;
inline constexpr pbf_tag_type kSampleLabel = 3;

inline constexpr pbf_tag_type kLabelKey = 1;
inline constexpr pbf_tag_type kLabelStr = 2;
inline constexpr pbf_tag_type kLabelNum = 3;
inline constexpr pbf_tag_type kLabelNumUnit = 4;

inline constexpr pbf_tag_type kMappingId = 1;
inline constexpr pbf_tag_type kMappingStart = 2;
inline constexpr pbf_tag_type kMappingLimit = 3;
inline constexpr pbf_tag_type kMappingOffset = 4;
inline constexpr pbf_tag_type kMappingFile = 5;
inline constexpr pbf_tag_type kMappingBuildId = 6;
inline constexpr pbf_tag_type kMappingHasFunctions = 7;
inline constexpr pbf_tag_type kMappingHasFilenames = 8;
inline constexpr pbf_tag_type kMappingHasLineNumbers = 9;
inline constexpr pbf_tag_type kMappingHasInlineFrames = 10;

inline constexpr pbf_tag_type kLocationId = 1;
inline constexpr pbf_tag_type kLocationMappingId = 2;
inline constexpr pbf_tag_type kLocationAddress = 3;
inline constexpr pbf_tag_type kLocationLine = 4;
inline constexpr pbf_tag_type kLocationIsFolded = 5;

inline constexpr pbf_tag_type kLineFunctionId = 1;
inline constexpr pbf_tag_type kLineLine = 2;

inline constexpr pbf_tag_type kFunctionId = 1;
inline constexpr pbf_tag_type kFunctionName = 2;
inline constexpr pbf_tag_type kFunctionSystemName = 3;
inline constexpr pbf_tag_type kFunctionFilename = 4;
inline constexpr pbf_tag_type kFunctionStartLine = 5;

}  // namespace mqtrack::profile::field
