#include "common/id/random_id.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gantry {
namespace {

constexpr std::array kAdjectives = {
    "able",   "amber",  "bold",    "brave",  "bright",  "brisk",   "calm",
    "candid", "clear",  "clever",  "cosmic", "crisp",   "daring",  "deft",
    "eager",  "early",  "epic",    "exact",  "fair",    "famous",  "fast",
    "fine",   "firm",   "focused", "frank",  "fresh",   "gentle",  "glad",
    "golden", "grand",  "happy",   "hardy",  "honest",  "humble",  "jolly",
    "keen",   "kind",   "lively",  "loyal",  "lucid",   "mellow",  "merry",
    "mighty", "modest", "neat",    "nimble", "noble",   "patient", "plucky",
    "polite", "proud",  "quick",   "quiet",  "ready",   "robust",  "serene",
    "sharp",  "silent", "sincere", "sleek",  "smart",   "solid",   "steady",
    "stoic",  "sturdy", "sunny",   "swift",  "tender",  "tidy",    "upbeat",
    "vivid",  "warm",   "wise",    "witty",  "zealous", "zesty"};

// People who made computing, engineering and science what they are.
constexpr std::array kNouns = {
    "archimedes", "babbage",  "backus",   "bardeen",   "bartik",   "bell",
    "bohr",       "boole",    "brattain", "cerf",      "clarke",   "codd",
    "curie",      "dijkstra", "dirac",    "easley",    "edison",   "einstein",
    "engelbart",  "euclid",   "euler",    "faraday",   "fermat",   "fermi",
    "feynman",    "franklin", "galileo",  "gauss",     "goldberg", "goodall",
    "hamilton",   "hawking",  "hertz",    "hoare",     "hodgkin",  "hopper",
    "hypatia",    "johnson",  "joliot",   "kare",      "keller",   "kepler",
    "khorana",    "kilby",    "knuth",    "lamarr",    "lamport",  "leavitt",
    "liskov",     "lovelace", "maxwell",  "mccarthy",  "meitner",  "mendel",
    "mirzakhani", "morse",    "newton",   "nobel",     "noether",  "pascal",
    "pasteur",    "perlman",  "planck",   "ramanujan", "ride",     "ritchie",
    "shannon",    "sinoussi", "snyder",   "tesla",     "thompson", "torvalds",
    "turing",     "volta",    "wescoff",  "wiles",     "wilson",   "wozniak",
    "wright",     "yonath"};

void FillRandom(void* data, size_t size) {
  auto* bytes = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::getrandom(bytes, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // The kernel always has random bytes once it has booted.
    }
    bytes += got;
    size -= static_cast<size_t>(got);
  }
}

}  // namespace

std::string RandomHex(int bytes) {
  std::string data(static_cast<size_t>(bytes), '\0');
  FillRandom(data.data(), data.size());
  return absl::BytesToHexString(data);
}

std::string RandomContainerId() { return RandomHex(32); }

std::string RandomName(int attempt) {
  std::array<uint32_t, 3> numbers;
  FillRandom(numbers.data(), sizeof(numbers));
  std::string name = absl::StrCat(kAdjectives[numbers[0] % kAdjectives.size()],
                                  "_", kNouns[numbers[1] % kNouns.size()]);
  if (attempt > 0) absl::StrAppend(&name, numbers[2] % 10);
  return name;
}

}  // namespace gantry
