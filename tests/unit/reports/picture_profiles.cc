#include "tests/unit/reports/picture_profiles.h"

#include <random>
#include <utility>

#include "libtrack/profile/fact.h"

namespace mqtrack::testing {

using profile::Index;

PictureProfileBuilder::PictureProfileBuilder() {
  profile_.sample_types = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};
  profile_.default_sample_type = "inuse_space";
  profile_.period_type = {"space", "bytes"};
  profile_.period = 1;
}

PictureProfileBuilder& PictureProfileBuilder::Add(const std::vector<TestFrame>& stack, std::int64_t objects,
                                                  std::int64_t bytes, std::vector<profile::Label> labels) {
  profile::Sample sample;
  for (auto frame = stack.rbegin(); frame != stack.rend();) {
    std::vector<profile::Line> lines;
    std::string key;
    const TestFrame* physical = nullptr;
    do {
      physical = &*frame;
      key += frame->function + '\n' + frame->file + '\n' + std::to_string(frame->line) + '\n' + frame->module + '\n';
      if (!frame->function.empty()) lines.push_back({FunctionOf(*frame), frame->line});
    } while (frame++->inlined && frame != stack.rend());
    const auto [entry, added] =
        locations_.try_emplace(key, static_cast<profile::LocationId>(profile_.locations.size()));
    if (added) {
      profile::Location location;
      location.mapping = MappingOf(physical->module);
      location.address = profile_.mappings[Index(location.mapping)].start + 0x1000 + profile_.locations.size() * 0x40;
      if (physical->function.empty()) {  // the line stands in for the offset, so that runs agree
        location.address =
            profile_.mappings[Index(location.mapping)].start + static_cast<std::uint64_t>(physical->line);
      }
      location.lines = std::move(lines);
      profile_.locations.push_back(std::move(location));
    }
    sample.locations.push_back(entry->second);
  }
  sample.values = {objects, bytes};
  sample.labels = std::move(labels);
  profile_.samples.push_back(std::move(sample));
  return *this;
}

PictureProfileBuilder& PictureProfileBuilder::Fact(std::string_view key, std::string_view value) {
  profile_.comments.push_back(std::string(profile::kFactPrefix).append(key).append(": ").append(value));
  return *this;
}

PictureProfileBuilder& PictureProfileBuilder::Time(std::int64_t unix_seconds) {
  profile_.time_nanos = unix_seconds * 1'000'000'000;
  return *this;
}

profile::MappingId PictureProfileBuilder::MappingOf(const std::string& module) {
  const auto [entry, added] = mappings_.try_emplace(module, static_cast<profile::MappingId>(profile_.mappings.size()));
  if (added) {
    profile::Mapping mapping;
    mapping.start = 0x400000 + profile_.mappings.size() * 0x10000000;
    mapping.limit = mapping.start + 0x1000000;
    mapping.file = "/usr/sbin/" + module;
    mapping.has_functions = mapping.has_filenames = mapping.has_line_numbers = mapping.has_inline_frames = true;
    profile_.mappings.push_back(std::move(mapping));
  }
  return entry->second;
}

profile::FunctionId PictureProfileBuilder::FunctionOf(const TestFrame& frame) {
  const auto [entry, added] = functions_.try_emplace(frame.function + '\n' + frame.file,
                                                     static_cast<profile::FunctionId>(profile_.functions.size()));
  if (added) profile_.functions.push_back({frame.function, frame.function, frame.file, 0});
  return entry->second;
}

namespace {

using Stack = std::vector<TestFrame>;

Stack operator+(Stack stack, const Stack& more) {
  stack.insert(stack.end(), more.begin(), more.end());
  return stack;
}

const Stack kAllocate = {{"mosquitto__calloc", "memory_mosq.c", 62}, {"calloc", "", 0, "libc.so.6"}};
const Stack kAllocateRaw = {{"mosquitto__malloc", "memory_mosq.c", 92}, {"malloc", "", 0, "libc.so.6"}};
const Stack kNew = {{"operator new(unsigned long)", "new_op.cc", 50, "libstdc++.so.6"}, {"malloc", "", 0, "libc.so.6"}};
const Stack kLoop = {{"_start", "", 0},
                     {"__libc_start_main", "", 0, "libc.so.6"},
                     {"main", "mosquitto.c", 571},
                     {"mosquitto_main_loop", "loop.c", 203}};
const Stack kPacket = kLoop + Stack{{"mux_epoll__handle", "mux_epoll.c", 243},
                                    {"loop_handle_reads_writes", "mux_epoll.c", 308, "mosquitto", true},
                                    {"packet__read", "packet_mosq.c", 552},
                                    {"handle__packet", "read_handle.c", 61}};

void AddBrokerState(std::int64_t connections, std::int64_t retained, PictureProfileBuilder* builder) {
  const std::vector<profile::Label> publish = {{"mqtt_packet", "PUBLISH", 0, ""}, {"thread", "mosquitto", 0, ""}};
  const std::vector<profile::Label> connect = {{"mqtt_packet", "CONNECT", 0, ""}, {"thread", "mosquitto", 0, ""}};
  const Stack store = kPacket + Stack{{"handle__publish", "handle_publish.c", 338},
                                      {"db__messages_easy_queue", "database.c", 700, "mosquitto", true},
                                      {"retain__store", "retain.c", 151}};
  builder->Add(store + Stack{{"retain__add_hier_entry", "retain.c", 61, "mosquitto", true}} + kAllocate, retained * 3,
               retained * 512, publish);
  builder->Add(store + Stack{{"sub__topic_tokenise", "subs.c", 88}} + kAllocateRaw, retained, retained * 96, publish);
  builder->Add(
      kPacket + Stack{{"handle__publish", "handle_publish.c", 156}, {"packet__read_string", "packet_datatypes.c", 98}} +
          kAllocateRaw,
      retained, retained * 40, publish);
  builder->Add(
      kPacket + Stack{{"handle__connect", "handle_connect.c", 410}, {"packet__read_string", "packet_datatypes.c", 98}} +
          kAllocateRaw,
      connections * 3, connections * 120, connect);
  builder->Add(kLoop + Stack{{"net__socket_accept", "net.c", 210}, {"context__init", "context.c", 41}} + kAllocate,
               connections, connections * 672);
  const Stack tls = kLoop + Stack{{"net__socket_accept", "net.c", 228},
                                  {"SSL_accept", "ssl_lib.c", 1700, "libssl.so.3"},
                                  {"", "", 0x3f2a0, "libssl.so.3"}};
  builder->Add(tls + Stack{{"CRYPTO_zalloc", "mem.c", 220, "libcrypto.so.3"}, {"malloc", "", 0, "libc.so.6"}},
               connections * 20, connections * 3400);
}

}  // namespace

profile::Profile BrokerProfile(int hour) {
  PictureProfileBuilder builder;
  builder.Time(1'790'000'000 + 3600 * hour).Fact("format", "1").Fact("target", "mosquitto").Fact("mode", "exact");
  builder.Fact("command", "/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf");
  builder.Fact("recorded_seconds", std::to_string(120 + 3600 * hour))
      .Fact("rss_bytes", hour == 0 ? "9437184" : "60817408");
  if (hour == 1) builder.Fact("losses", "12").Fact("lost_bytes", "4096");
  builder.Add(kLoop + Stack{{"db__open", "database.c", 199}} + kAllocate, 4, 65'536);
  AddBrokerState(hour == 0 ? 900 : 350, hour == 0 ? 1'000 : 2'600, &builder);
  const std::int64_t messages = hour == 0 ? 2'000 : 402'000;
  const Stack plugin = kPacket + Stack{{"handle__publish", "handle_publish.c", 290},
                                       {"plugin__handle_message", "plugin.c", 221},
                                       {"OnMessage(int, void*, void*)", "leaky_plugin.cc", 44, "leaky_plugin.so"}};
  const Stack remember = plugin + Stack{{"audit::(anonymous namespace)::History::Remember(std::string const&)",
                                         "leaky_plugin.cc", 31, "leaky_plugin.so"}};
  builder.Add(remember +
                  Stack{{"std::vector<audit::Entry, std::allocator<audit::Entry> >::push_back(audit::Entry&&)",
                         "stl_vector.h", 1294, "leaky_plugin.so", true},
                        {"void std::vector<audit::Entry, std::allocator<audit::Entry> >::_M_realloc_insert<"
                         "audit::Entry>(audit::Entry*, audit::Entry&&)",
                         "vector.tcc", 440, "leaky_plugin.so"}} +
                  kNew,
              1, messages * 16);
  builder.Add(remember +
                  Stack{{"std::string::_M_assign(std::string const&)", "basic_string.tcc", 270, "libstdc++.so.6"}} +
                  kNew,
              messages, messages * 64);
  return builder.Get();
}

profile::Profile HostileProfile() {
  PictureProfileBuilder builder;
  builder.Fact("target", "</title><script>document.title='owned'</script>");
  builder.Fact("command", "x\" onload=\"document.title='owned'\" y=\"]]><script>document.title='owned'</script>");
  const char* const names[] = {
      "<script>document.title='owned'</script>",
      "]]></style><script>document.title='owned'</script>",
      "a\" onmouseover=\"document.title='owned'\" b=\"",
      "--><script>document.title='owned'</script><!--",
      "back\\slash\\N\\G and \"quotes\" and 'ticks' &amp; &lt;entity&gt; &#60;",
      "control\x01\x1b[31m\x7f and\nnewline\tand invalid \xff\xfe utf-8 \xc0\xaf",
      "right\xE2\x80\xAEtfel left",
      "semi;colon 42",
      "{record|label}",
      "javascript:document.title='owned'",
  };
  std::vector<TestFrame> stack;
  for (const char* name : names) {
    stack.push_back({name, "<b>evil</b>.c", 7, "mod\"><script>document.title='owned'</script>"});
    builder.Add(stack, 1, 1'000,
                {{"mqtt_topic", "a/<script>document.title='owned'</script>/\"b\"", 0, ""}, {"thread", name, 0, ""}});
  }
  return builder.Get();
}

profile::Profile SyntheticProfile(std::uint32_t seed, std::size_t stacks, std::size_t depth) {
  PictureProfileBuilder builder;
  std::mt19937 shape(1), values(seed);
  for (std::size_t i = 0; i < stacks; ++i) {
    std::vector<TestFrame> stack;
    std::uint32_t path = 1;
    for (std::size_t level = 0; level < depth; ++level) {
      // Few ways near the root, more towards the leaf, as programs have.
      path = path * 31 + static_cast<std::uint32_t>(shape() % (level % 8 == 7 ? 4 : 1 + level / 20));
      stack.push_back({"module::Function" + std::to_string(path % 4'000) + "(int)",
                       "file" + std::to_string(path % 50) + ".cc", static_cast<std::int64_t>(path % 900 + 1),
                       "lib" + std::to_string(path % 6) + ".so"});
    }
    builder.Add(stack, 1 + values() % 50, 64 + values() % 100'000);
  }
  return builder.Get();
}

}  // namespace mqtrack::testing
