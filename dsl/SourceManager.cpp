// SPDX-License-Identifier: MIT

#include "dsl/SourceManager.h"

#include <fstream>
#include <sstream>

namespace flowc::dsl {

uint32_t SourceManager::add(std::string name, std::string text) {
  files.push_back({std::move(name), std::move(text)});
  return static_cast<uint32_t>(files.size() - 1);
}

std::optional<uint32_t> SourceManager::read(const std::string &path) {
  for (uint32_t i = 0; i < files.size(); ++i)
    if (files[i].name == path)
      return i;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf() || in.peek() == std::ifstream::traits_type::eof()))
    return std::nullopt;
  return add(path, text.str());
}

std::string_view SourceManager::line(uint32_t file, uint32_t line) const {
  std::string_view text = files[file].text;
  for (uint32_t i = 1; i < line; ++i) {
    size_t end = text.find('\n');
    if (end == std::string_view::npos)
      return {};
    text.remove_prefix(end + 1);
  }
  std::string_view found = text.substr(0, text.find('\n'));
  if (!found.empty() && found.back() == '\r')
    found.remove_suffix(1);
  return found;
}

} // namespace flowc::dsl
