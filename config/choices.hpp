// What setters of options share: one of a few words, and the sentence about a value that is none of them. Must not know
// which option it is about. Source: docs/contract/programs.md, 0.2.
#pragma once

#include "config/datatypes.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace troupe::config::setters {

/// `allowed`: the rest of the sentence.
inline error invalid(std::string_view key, std::string_view text, const std::string& allowed) {
  return fault("Invalid " + std::string(key) + " value " + quoted(text) + ": " + allowed);
}

/// Without white space around it, in lower case.
inline std::string lower(std::string_view text) {
  auto word = strip(text);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return word;
}

/// `allowed are A, B and C`.
template <class Words>
std::string allowed_are(const Words& words) {
  std::string allowed = "allowed are ";
  for (std::size_t i = 0; i < std::size(words); ++i) {
    allowed += i == 0 ? "" : i + 1 == std::size(words) ? " and " : ", ";
    allowed += words[i];
  }
  return allowed;
}

template <class Value>
struct choice {
  std::string_view word;
  Value value;
};

/// One of the words, in any case.
template <class Value, std::size_t Count>
result<Value> one_of(const choice<Value> (&choices)[Count], std::string_view key, std::string_view text) {
  auto word = lower(text);
  std::string_view words[Count];
  for (std::size_t i = 0; i < Count; ++i) {
    if (word == choices[i].word)
      return choices[i].value;
    words[i] = choices[i].word;
  }
  return invalid(key, text, allowed_are(words));
}

} // namespace troupe::config::setters
