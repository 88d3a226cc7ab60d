// What clients send: requests in one piece and in two must be read alike, and what is read stays within its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libtrack/http/request_reader.h"

namespace {

using namespace mqtrack::http;

void Check(bool good) {
  if (!good) std::abort();
}

/// Feeds `bytes` in two pieces; counts the requests.
int Read(std::string_view bytes, std::size_t cut, int& status) {
  RequestReader reader;
  int requests = 0;
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    for (auto state = reader.Feed(piece); state == RequestReader::State::kRequest; state = reader.Next()) {
      ++requests;
      Check(!reader.request().method.empty() && reader.request().path.starts_with('/'));
      Check(reader.request().body.size() <= RequestBounds{}.body_bytes);
      Check(reader.request().headers.size() <= RequestBounds{}.headers);
    }
  }
  status = reader.status();
  return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  int whole = 0, cut = 0;
  const int requests = Read(bytes, bytes.size(), whole);
  Check(requests == Read(bytes, bytes.size() * data[0] / 256, cut));
  Check(whole == cut);
  return 0;
}
