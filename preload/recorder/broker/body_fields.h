// Reads the fields of an MQTT packet's body one after the other as its bytes come, in pieces of any size, and keeps of
// texts a hash: a topic of 65,535 bytes takes no more room than one of five.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::recorder {

/// Of one body. All zero: no field is expected. Reads never beyond the bytes it is given.
class BodyFields {
 public:
  enum class Taken : std::uint8_t {
    kMore,      // the bytes are used up
    kField,     // the field is complete
    kProperty,  // of the properties at hand one is: what follows says GoOn
    kBad        // it can be no such field
  };

  /// The next field, which begins with the next byte.
  void ExpectNumber(unsigned bytes);
  /// A length in two bytes, and as many bytes.
  void ExpectText();
  /// The same, without its hash.
  void ExpectAnyText();
  /// All properties of MQTT 5 (2.2.2).
  void ExpectProperties();

  /// Takes bytes of the field; advances both.
  [[nodiscard]] Taken Take(const unsigned char*& bytes, std::size_t& count);

  /// After kProperty: true if further ones are expected; false: the properties are complete, as a field.
  [[nodiscard]] bool GoOn();

  /// Of the field, or property, that is complete.
  [[nodiscard]] std::uint32_t value() const { return value_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }  // FNV-1a: to be mixed before bits of it are taken
  [[nodiscard]] std::uint32_t text_bytes() const { return text_bytes_; }
  [[nodiscard]] std::uint8_t property() const { return property_; }

 private:
  enum class Kind : std::uint8_t { kNone, kNumber, kVariable, kTextLength, kText };
  enum class Stage : std::uint8_t { kNoProperties, kLength, kIdentifier, kValue, kFirstOfPair };

  void Expect(Kind kind, std::uint32_t bytes);
  [[nodiscard]] bool ExpectValueOf(std::uint32_t property);
  [[nodiscard]] Taken TakeSimple(const unsigned char*& bytes, std::size_t& count);
  [[nodiscard]] Taken AfterSimple();

  std::uint64_t hash_;
  std::uint32_t value_, left_, text_bytes_;
  std::uint32_t properties_left_;  // bytes
  Kind kind_;
  Stage stage_;
  std::uint8_t shift_, property_;
  std::uint8_t is_hashed_;
};

}  // namespace mqtrack::recorder
