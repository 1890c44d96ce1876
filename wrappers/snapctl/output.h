// Words, numbers and lines as every subcommand prints them.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace snapctl {

// Keeps the order in which members are added, so that the output reads like the text.
using Json = nlohmann::ordered_json;

// "snapctl: TEXT" and a newline on standard error; control characters, which a file name may hold, are
// escaped so that it stays one line.
void print_error(const std::string &text);

// The text with control characters written as \xNN.
std::string one_line(const std::string &text);

// The text as a word that a shell takes for itself.
std::string shell_word(const std::string &text);

// "1 line", "3 lines".
std::string count_of(uint64_t count, const char *singular);

std::string hex(uint64_t value);

// Prints the document. Bytes of a file name that are not UTF-8 appear as the replacement character.
void print_json(const Json &document);

}  // namespace snapctl
