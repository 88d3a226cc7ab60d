// Topics and client ids as labels: what tells single devices or messages apart becomes `+`, so that a fleet is one row.
#pragma once

#include <cstddef>

namespace mqtrack::recorder {

/// Longest label value made here; longer topics are cut after a level and end in "...".
inline constexpr std::size_t kMaxTopicBytes = 128;
inline constexpr std::size_t kMaxClientBytes = 64;

/// Writes `topic` (a topic or a filter, any bytes) to `out`, which has room for kMaxTopicBytes, and returns the length.
/// A level becomes `+` if it is a number (also signed, dotted or dashed: 17, -3, 10.0.0.7, 2024-05-01), a UUID, six or
/// more hexadecimal pairs with `:` or `-` between them, or hexadecimal: 0x and digits, four or more characters with a
/// digit among them, or eight without (so `cafe` and `feed` stay words).
///
/// Of other levels that have a digit, what identifies becomes `+`, and the words stay. Parts are divided by - _ . : = @
/// comma or space. Identifiers are: three or more digits in a row (`dev28042` is `dev+`); a number after a word and a
/// divider other than a dot (`build-8` is `build-+`); a UUID, a MAC address, or hexadecimal as above; sixteen or more
/// letters and digits that change four times. Identifiers with one divider between them are one. One or two digits that
/// belong to a word stay: `v2`, `co2`, `ipv4`, `zone1`, `pm2_5`, `v1.2`. Levels that begin with `$`, `+` and `#` stay.
std::size_t GeneraliseTopic(const char* topic, std::size_t bytes, char* out);

/// Writes a client id to `out`, which has room for kMaxClientBytes, and returns the length. Ids that a library made up
/// (`mosq-` and 18 letters, `auto-` and a UUID, and the like) become `mosq-+`; others stay as they are: an id is what
/// its device is known by. An empty one, for which the broker makes one up, is `(empty)`.
std::size_t GeneraliseClient(const char* id, std::size_t bytes, char* out);

}  // namespace mqtrack::recorder
