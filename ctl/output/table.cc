#include "ctl/output/table.h"

#include <algorithm>

namespace gantry::ctl {
namespace {

constexpr size_t kLeastWidth = 10;
constexpr size_t kPadding = 3;

size_t CharacterCount(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string PrintTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), kLeastWidth);
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      widths[i] = std::max(widths[i], CharacterCount(row[i]) + kPadding);
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) {
        text.append(widths[i] - CharacterCount(row[i]), ' ');
      }
    }
    text += '\n';
  }
  return text;
}

}  // namespace gantry::ctl
