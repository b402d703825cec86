// SPDX-License-Identifier: MIT
#include "runtime/data/Table.h"
#include "tests/runtime/Support.h"

#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

using namespace flowc::runtime;

namespace {

std::string npy(const std::string &dict, const std::string &data, char version = 1) {
  std::string header = dict + "\n", bytes("\x93NUMPY", 6);
  bytes += version;
  bytes += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes += char(header.size() >> (8 * i));
  return bytes + header + data;
}

std::string dict(const char *type, const char *order, const char *shape) {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", type, order, shape);
}

template <typename T> std::string raw(std::vector<T> values, bool swap = false) {
  std::string bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
  if (swap)
    for (size_t i = 0; i < bytes.size(); i += sizeof(T))
      std::reverse(bytes.begin() + std::ptrdiff_t(i), bytes.begin() + std::ptrdiff_t(i + sizeof(T)));
  return bytes;
}

const std::vector<double> Six = {1, 2, 3, 4, 5, 6};

std::string npyError(const std::string &bytes, TableExpectation expectation = {2, true}) {
  auto table = parseNpy<float>("x.npy", bytes, expectation);
  REQUIRE(!table);
  CHECK(table.error().code == ExitCode::BadInput);
  CHECK(table.error().message.find('\n') == std::string::npos);
  return table.error().message;
}

std::string csvError(const std::string &text, TableExpectation expectation = {2, true}) {
  auto table = parseCsv<float>("x.csv", text, expectation);
  REQUIRE(!table);
  CHECK(table.error().code == ExitCode::BadInput);
  CHECK(table.error().message.find('\n') == std::string::npos);
  return table.error().message;
}

void checkSix(const std::string &bytes) {
  auto table = parseNpy<double>("x.npy", bytes, {2, true});
  if (!table)
    FAIL(table.error().message);
  CHECK(table->rows == 3);
  CHECK(table->values == Six);
}

} // namespace

TEST_CASE("npy in every form") {
  checkSix(npy(dict("<f8", "False", "(3, 2)"), raw<double>({1, 2, 3, 4, 5, 6})));
  checkSix(npy(dict("<f8", "False", "(3, 2)"), raw<double>({1, 2, 3, 4, 5, 6}), 2));
  checkSix(npy(dict("<f8", "False", "(3, 2)"), raw<double>({1, 2, 3, 4, 5, 6}), 3));
  checkSix(npy(dict(">f8", "False", "(3, 2)"), raw<double>({1, 2, 3, 4, 5, 6}, true)));
  checkSix(npy(dict(">f4", "False", "(3, 2)"), raw<float>({1, 2, 3, 4, 5, 6}, true)));
  checkSix(npy(dict("<f4", "True", "(3, 2)"), raw<float>({1, 3, 5, 2, 4, 6})));
  checkSix(npy(dict(">i8", "True", "(3, 2)"), raw<int64_t>({1, 3, 5, 2, 4, 6}, true)));
  checkSix(npy(dict("|u1", "False", "(3, 2)"), raw<uint8_t>({1, 2, 3, 4, 5, 6})));
  checkSix(npy(dict("<i2", "False", "(3, 2)"), raw<int16_t>({1, 2, 3, 4, 5, 6})));
  checkSix(npy(dict("<u4", "False", "(3, 2)"), raw<uint32_t>({1, 2, 3, 4, 5, 6})));
  checkSix(npy(dict("<f8", "False", "(3, 2, 1)"), raw<double>({1, 2, 3, 4, 5, 6})));
}

TEST_CASE("npy in Fortran order with three dimensions") {
  // element (i, j, k) is 4 i + 2 j + k, stored with i fastest
  auto table = parseNpy<double>("x.npy", npy(dict("<f8", "True", "(2, 2, 2)"), raw<double>({0, 4, 2, 6, 1, 5, 3, 7})),
                                {4, true});
  REQUIRE(bool(table));
  CHECK(table->values == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("wrong npy gives one clear line") {
  std::string good = npy(dict("<f4", "False", "(3, 2)"), raw<float>({1, 2, 3, 4, 5, 6}));
  CHECK(npyError("") == "x.npy: the file is empty; expected a .npy array");
  CHECK(npyError("hello") == "x.npy: not a .npy file in spite of its name; expected one, or another name for CSV");
  CHECK(npyError(good.substr(0, 20)) == "x.npy: truncated inside the header; copy or write the file again");
  CHECK(npyError(good.substr(0, good.size() - 3)) ==
        "x.npy: truncated: 21 bytes of data, expected 24; copy or write the file again");
  CHECK(npyError(good + "x") == "x.npy: 1 bytes after the end of the array; expected a single array");
  CHECK(npyError(good, {3, true}) ==
        "x.npy: the shape (3, 2) has rows of 2 numbers; the model has 3 features: expected shape (rows, 3)");
  CHECK(npyError(npy(dict("<c16", "False", "(3, 2)"), "")) ==
        "x.npy: elements of type `<c16` (complex numbers); expected f4, f8, integers or booleans: convert them as "
        "numpy's astype('f8') does");
  CHECK(npyError(npy(dict("|O8", "False", "(3, 2)"), "")) ==
        "x.npy: elements of type `|O8` (Python objects); expected f4, f8, integers or booleans: convert them as "
        "numpy's astype('f8') does");
  CHECK(npyError(npy(dict("<f4", "False", "()"), raw<float>({1}))) ==
        "x.npy: the array has no dimensions; expected rows of numbers");
  CHECK(npyError(npy(dict("<f4", "False", "(0, 2)"), ""), {2, false}) == "x.npy: no rows; expected at least 1");
  CHECK(npyError(npy(dict("<f4", "False", "(99999999999999, 99999999999999)"), "")) ==
        "x.npy: the .npy header is malformed; write the file again, as with numpy.save");
  CHECK(npyError(npy("{}", "")) == "x.npy: the .npy header is malformed; write the file again, as with numpy.save");
  CHECK(npyError(npy(dict("<f4", "False", "(3, 2)"), raw<float>({1, 2, 3, NAN, 5, 6}))) ==
        "x.npy: element [1, 1] is nan; expected finite numbers: remove such rows or fill them in");
  CHECK(
      npyError(npy(dict("<f4", "False", "(3, 2)"), raw<float>({1, 2, 3, 4, -INFINITY, NAN}))) ==
      "x.npy: element [2, 0] is -inf; expected finite numbers (2 elements are not): remove such rows or fill them in");
  CHECK(npyError(npy(dict(">f8", "True", "(3, 2)"), raw<double>({1, 2, 3, 4, 1e300, 6}, true))) ==
        "x.npy: element [1, 1] is 1e+300, too large for f32; use --dtype f64 or scale the data");
  CHECK(npyError(npy(dict("<f4", "False", "(6,)"), raw<float>({1, 2, 3, 4, 5, 6}))) ==
        "x.npy: the shape (6,) has rows of 1 number; the model has 2 features: expected shape (rows, 2)");
}

TEST_CASE("truncated npy never crashes") {
  std::string good = npy(dict("<f4", "True", "(3, 2)"), raw<float>({1, 2, 3, 4, 5, 6}));
  for (size_t size = 0; size < good.size(); ++size)
    CHECK(!parseNpy<float>("x.npy", good.substr(0, size), {2, true}));
}

TEST_CASE("csv in every form") {
  for (std::string text :
       {"1,2\n3,4\n5,6\n", "1,2\r\n3,4\r\n5,6", "a,b\n1,2\n3,4\n5,6\n", "# note\n\n 1 , +2\n3,4\n5,6\n",
        "1;2\n3;4\n5;6\n", "\xEF\xBB\xBF\"a\",\"b\"\n1,2\n3,\"4\"\n5,6e0\n", "1\t2\n3\t4\n5\t6\n"}) {
    auto table = parseCsv<double>("x.csv", text, {2, false});
    if (!table)
      FAIL(table.error().message);
    CHECK(table->values == Six);
  }
}

TEST_CASE("wrong csv gives one clear line with its place") {
  CHECK(csvError("1,2\n3,NA\n") == "x.csv:2:2: not a number: `NA`; correct or remove this line");
  CHECK(csvError("1,2\n3,abc\n") == "x.csv:2:2: not a number: `abc`; correct or remove this line");
  CHECK(csvError("1,2\n3,\n") == "x.csv:2:2: empty field; expected a number: remove such rows or fill them in");
  CHECK(csvError("1,2\nnan,4\n") == "x.csv:2:1: `nan`; expected a finite number: remove such rows or fill them in");
  CHECK(csvError("1,-inf\n") == "x.csv:1:2: `-inf`; expected a finite number: remove such rows or fill them in");
  CHECK(csvError("1,1e60\n") == "x.csv:1:2: `1e60` is too large for f32; use --dtype f64 or scale the data");
  CHECK(csvError("1,2,3\n") == "x.csv:1: 3 fields; expected 2, one for each feature of the model");
  CHECK(
      csvError("1,2\n3\n") ==
      "x.csv:2: 1 field; expected 2, one for each feature of the model, with commas, semicolons or tabs between them");
  CHECK(csvError("", {2, false}) == "x.csv: the file is empty; expected rows of numbers");
  CHECK(csvError("\n# nothing\n") == "x.csv: the file is empty; expected rows of numbers");
  CHECK(csvError("a,b\n", {2, false}) == "x.csv: no rows after the header; expected at least 1");
  CHECK(csvError("a,b,c\n") == "x.csv:1: 3 fields; expected 2, one for each feature of the model");
  CHECK(csvError("1,2\n3,4,5\n", {0, true}) == "x.csv:2: 3 fields; the lines before have 2");
}

TEST_CASE("a first line with a number in it is no csv header") {
  CHECK(csvError("1,four\n3,4\n") ==
        "x.csv:1:2: not a number: `four`; expected a row of numbers, or a header of names only");
  CHECK(csvError("0,5;1,5\n", {3, true}) ==
        "x.csv:1:2: not a number: `5;1`; expected a row of numbers, or a header of names only");
  auto quoted = parseCsv<double>("x.csv", "\"a,1\",\"b\"\n1,2\n", {2, false});
  REQUIRE(bool(quoted));
  CHECK(quoted->rows == 1);
}

TEST_CASE("what a csv message shows of a file is short and printable") {
  CHECK(csvError("1,2\n3,\x1b[31mred\n") == "x.csv:2:2: not a number: `\\x1b[31mred`; correct or remove this line");
  CHECK(csvError("1,2\n3," + std::string(39, 'x') + "\u00e9\n") ==
        "x.csv:2:2: not a number: `" + std::string(39, 'x') + "...`; correct or remove this line");
  CHECK(csvError(std::string("1,2\n3,4\0\n", 9)) ==
        "x.csv: not CSV: byte 7 is zero (a binary file, or UTF-16?); expected .npy, or CSV in UTF-8");
}

TEST_CASE("tables survive being written and read") {
  TemporaryFolder folder;
  std::vector<double> values = {1.0 / 3, -2e-300, 3e300, 4, 0.1, 6};
  for (std::string name : {"t.npy", "t.csv"}) {
    REQUIRE(!writeTable<double>(folder.file(name), values, 3, 2, {"a", "b"}));
    auto table = readTable<double>(folder.file(name), {2, false});
    REQUIRE(bool(table));
    CHECK(table->values == values);
  }
  CHECK(folder.files() == 2);
}

TEST_CASE("a failed write leaves nothing behind") {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("taken"));
  Failure failure = writeFileAtomically(folder.file("taken"), {"x"}); // a folder cannot be replaced
  REQUIRE(bool(failure));
  CHECK(failure->code == ExitCode::Environment);
  CHECK(folder.files() == 1);
  CHECK(bool(writeFileAtomically(folder.file("no/such/folder/x"), {"x"})));
  CHECK(folder.files() == 1);
}
