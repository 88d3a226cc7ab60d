// A part as the stores want it, by their documented interfaces.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libtrack/push/push_part.h"

namespace mqtrack::push {

enum class Store { kPyroscope, kParca };

/// A request of HTTP POST.
struct PushRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// `base`: the store's URL, as "http://pyroscope:4040". Pyroscope: POST /ingest, a form with the profile and what each
/// sample type means. Parca: POST /profiles/writeraw, the JSON of its WriteRawRequest.
[[nodiscard]] PushRequest MakeRequest(Store store, const std::string& base, const PushPart& part);

}  // namespace mqtrack::push
