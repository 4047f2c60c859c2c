#include "services/image/layer/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

constexpr size_t kMaxNameBytes = 4096;

// What libarchive keeps in memory of one header: extended attributes, the map
// of a sparse file.
constexpr int64_t kMaxHeaderBytes = 32 << 20;

// libarchive takes pax names for UTF-8 and converts them, normalized, to the
// locale of the thread. In the C locale that fails for all that is not ASCII,
// and it then gives the bytes as they are.
class BytesScope {
 public:
  BytesScope() : previous_(::uselocale(Bytes())) {}
  ~BytesScope() { ::uselocale(previous_); }
  BytesScope(const BytesScope&) = delete;
  BytesScope& operator=(const BytesScope&) = delete;

 private:
  static locale_t Bytes() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C", nullptr);
    return locale;
  }
  const locale_t previous_;
};

}  // namespace

TarReader::TarReader(ByteSource& source)
    : source_(source), archive_(archive_read_new()) {
  archive_read_support_format_tar(archive_);
  archive_read_support_format_empty(archive_);
}

TarReader::~TarReader() { archive_read_free(archive_); }

ssize_t TarReader::Read(archive* handle, void* self, const void** buffer) {
  auto& reader = *static_cast<TarReader*>(self);
  const absl::StatusOr<absl::string_view> chunk = reader.source_.Next();
  if (!chunk.ok()) {
    reader.source_error_ = chunk.status();
    archive_set_error(handle, EIO, "the source failed");
    return -1;
  }
  if (reader.in_header_) {
    reader.header_bytes_ += static_cast<int64_t>(chunk->size());
    if (reader.header_bytes_ > kMaxHeaderBytes) {
      reader.source_error_ = absl::InvalidArgumentError(absl::StrCat(
          "an entry's header is longer than ", kMaxHeaderBytes, " bytes"));
      archive_set_error(handle, EIO, "the header is too long");
      return -1;
    }
  }
  *buffer = chunk->data();
  return static_cast<ssize_t>(chunk->size());
}

absl::Status TarReader::Failure(absl::string_view what) const {
  if (!source_error_.ok()) return source_error_;
  const char* reason = archive_error_string(archive_);
  const std::string text = reason == nullptr ? "unknown error" : reason;
  if (absl::StrContains(absl::AsciiStrToLower(text), "truncated")) {
    return absl::DataLossError(absl::StrCat(what, ": the archive is cut off"));
  }
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", text));
}

absl::StatusOr<archive_entry*> TarReader::Next() {
  const BytesScope scope;
  if (!opened_) {
    opened_ = true;
    if (archive_read_open(archive_, this, nullptr, &TarReader::Read, nullptr) !=
        ARCHIVE_OK) {
      return Failure("not a tar archive");
    }
  }
  // The rest of the content before it is none of the header's.
  if (std::exchange(in_entry_, false)) {
    const int skipped = archive_read_data_skip(archive_);
    if (skipped != ARCHIVE_OK && skipped != ARCHIVE_EOF &&
        skipped != ARCHIVE_WARN) {
      return Failure("an entry's content");
    }
  }
  archive_entry* entry = nullptr;
  in_header_ = true;
  header_bytes_ = 0;
  const int result = archive_read_next_header(archive_, &entry);
  in_header_ = false;
  if (result == ARCHIVE_EOF) return nullptr;
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
    return Failure("not a readable tar archive");
  }
  in_entry_ = true;
  return entry;
}

absl::StatusOr<std::optional<TarReader::Block>> TarReader::ReadBlock() {
  const BytesScope scope;
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  const int result = archive_read_data_block(archive_, &data, &size, &offset);
  if (result == ARCHIVE_EOF) return std::optional<Block>();
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
    return Failure("an entry's content");
  }
  return std::optional<Block>(
      Block{offset, absl::string_view(static_cast<const char*>(data), size)});
}

absl::Status TarReader::Drain() {
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(const absl::string_view chunk, source_.Next());
    if (chunk.empty()) return absl::OkStatus();
  }
}

absl::StatusOr<std::string> CleanEntryName(absl::string_view name) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the entry \"", absl::CHexEscape(name.substr(0, 200)), "\" ", why));
  };
  if (name.size() > kMaxNameBytes)
    return refuse("has a name longer than 4096 bytes");
  if (absl::StrContains(name, '\0')) return refuse("has a NUL in its name");
  std::string clean;
  for (absl::string_view part : absl::StrSplit(name, '/', absl::SkipEmpty())) {
    if (part == ".") continue;
    if (part == "..") return refuse("has \"..\" in its name");
    absl::StrAppend(&clean, clean.empty() ? "" : "/", part);
  }
  return clean;
}

SplitName SplitEntryName(absl::string_view clean_name) {
  const size_t slash = clean_name.rfind('/');
  if (slash == absl::string_view::npos) return {"", std::string(clean_name)};
  return {std::string(clean_name.substr(0, slash)),
          std::string(clean_name.substr(slash + 1))};
}

}  // namespace gantry::image
