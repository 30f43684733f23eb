// XMP and IPTC: what a photo says in words goes with its exports, byte for byte where it is still
// true. This test takes the files apart with code of its own.
#include "compute/error.h"
#include "render/file.h"
#include "render/iptc.h"
#include "render/raw_profile.h"
#include "render/tiff_exif.h"
#include "render/xmp.h"
#include "tests/render/pictures.h"

#include <string.h>
#include <zlib.h>

#define XMP_BEGIN  "http://ns.adobe.com/xap/1.0/"
#define MORE_BEGIN "http://ns.adobe.com/xmp/extension/"
#define IPTC_BEGIN "Photoshop 3.0"
#define PNG_XMP    "XML:com.adobe.xmp\0\0\0\0\0"
#define PNG_IPTC   "Raw profile type iptc\0\0"

// A packet with what stays and what does not, and what becomes of it in a picture of 20 x 30. The
// ends of lines outside the element are nobody's.
#define HEAD(line)                                                                                 \
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>" line                      \
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "                                              \
    "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description "                  \
    "xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" "      \
    "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "    \
    "xmlns:gps=\"elsewhere\" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" "                     \
    "xmlns:G=\"http://ns.google.com/photos/1.0/camera/\""
#define TAIL(line) "</rdf:Description></rdf:RDF></x:xmpmeta>" line "<?xpacket end=\"w\"?>"
#define CAPTION                                                                                    \
    "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">caf\xc3\xa9 &amp; &lt;b&gt;"          \
    "</rdf:li></rdf:Alt></dc:description>"
static const char PACKET[] =
    HEAD("\n") " xmp:Rating=\"4\" t:Orientation=\"6\" xmpNote:HasExtendedXMP=\"00\" "
               "exif:GPSLatitude=\"48,1N\" G:MicroVideo=\"1\" dc:format=\"a&#xA;b\">" CAPTION
               "<exif:PixelXDimension>4000</exif:PixelXDimension><t:ImageLength>3<b>0</b></"
               "t:ImageLength>"
               "<exif:GPSLongitude>11,5E</exif:GPSLongitude><!-- kept "
               "--><xmp:Thumbnails><rdf:Alt><rdf:li>"
               "AAAA</rdf:li></rdf:Alt></xmp:Thumbnails>" TAIL("\n");
static const char EXPORTED[] =
    HEAD("") " xmp:Rating=\"4\" t:Orientation=\"1\" dc:format=\"a&#10;b\">" CAPTION
             "<exif:PixelXDimension>20</exif:PixelXDimension><t:ImageLength>30</t:ImageLength>"
             "<!-- kept -->" TAIL("");

// A thumbnail, a caption, its sum, a path: the middle two stay.
#define RECORD "8BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x78\0\x06 a cat\0"
#define SUM                                                                                        \
    "8BIM\x04\x25\0\0\0\0\0\x10"                                                                   \
    "0123456789abcdef"
static const char RESOURCES[] = "8BIM\x04\x0c\0\0\0\0\0\x03"
                                "abc\0" RECORD SUM "8BIM\x07\xd0\3abc\0\0\0\2"
                                "xy";
static const char CAPTIONS[] = RECORD SUM;

static gsize bytes_before(const char *what, gsize size)
{
    gsize at = 0;

    while (memcmp(RESOURCES + at, what, size) != 0) {
        at++;
    }
    return at;
}

static GBytes *of_text(const char *text)
{
    return g_bytes_new_static(text, strlen(text));
}

// ---- files by hand ------------------------------------------------------------------------------

static void add_segment(GByteArray *file, guint8 marker, const char *begin, const void *data,
                        gsize size)
{
    const gsize length = 2 + strlen(begin) + 1 + size;
    const guint8 head[] = {0xff, marker, (guint8)(length >> 8), (guint8)length};

    g_byte_array_append(file, head, sizeof(head));
    g_byte_array_append(file, (const guint8 *)begin, (guint)strlen(begin) + 1);
    g_byte_array_append(file, data, (guint)size);
}

// A JPEG file of 20 x 30 with these markers at its beginning; resources in two pieces.
static GBytes *jpeg_with(const char *packet, gconstpointer resources, gsize size)
{
    struct image *photo = picture_photo(20, 30, 8, 5);
    struct image_save_params params = {.format = "jpeg"};
    g_autoptr(GBytes) plain = image_encode(photo, &params, NULL);
    gsize plain_size = 0;
    const guint8 *data = g_bytes_get_data(plain, &plain_size);
    GByteArray *file = g_byte_array_new();

    g_byte_array_append(file, data, 2);
    add_segment(file, 0xe1, MORE_BEGIN, "the rest of a long one", 22);
    if (packet != NULL) {
        add_segment(file, 0xe1, XMP_BEGIN, packet, strlen(packet));
    }
    if (size > 0) {
        add_segment(file, 0xed, IPTC_BEGIN, resources, size / 2);
        add_segment(file, 0xed, IPTC_BEGIN, (const char *)resources + size / 2, size - size / 2);
    }
    g_byte_array_append(file, data + 2, (guint)plain_size - 2);
    image_free(photo);
    return g_byte_array_free_to_bytes(file);
}

// What follows `begin` in the file's only marker that begins so; NULL: there is none.
static GBytes *segment(GBytes *file, guint8 marker, const char *begin)
{
    gsize size = 0;
    const guint8 *at = g_bytes_get_data(file, &size), *end = at + size;
    const gsize begin_size = strlen(begin) + 1;
    GBytes *found = NULL;

    for (at += 2; at[1] != 0xda;) {
        const gsize length = (gsize)at[2] << 8 | at[3];

        g_assert_cmpint(at[0], ==, 0xff);
        g_assert_cmpuint(length + 2, <=, end - at);
        if (at[1] == marker && length >= 2 + begin_size && !memcmp(at + 4, begin, begin_size)) {
            g_assert_null(found);
            found = g_bytes_new(at + 4 + begin_size, length - 2 - begin_size);
        }
        at += 2 + length;
    }
    return found;
}

static GBytes *chunk(GBytes *file, const char *type, const char *begin, gsize begin_size)
{
    gsize size = 0;
    const guint8 *at = g_bytes_get_data(file, &size);
    GBytes *found = NULL;

    for (at += 8; memcmp(at + 4, "IEND", 4) != 0;) {
        const gsize length = (gsize)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];

        if (!memcmp(at + 4, type, 4) && length >= begin_size &&
            !memcmp(at + 8, begin, begin_size)) {
            g_assert_null(found);
            found = g_bytes_new(at + 8 + begin_size, length - begin_size);
        }
        at += 12 + length;
    }
    return found;
}

static void assert_bytes(GBytes *bytes, const void *expected, gsize size)
{
    g_assert_nonnull(bytes);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected, size);
}

// The digits of the resources, as other programs lay them out.
static char *unpack_digits(GBytes *packed)
{
    char *digits = g_malloc0(4096);
    uLongf size = 4095;

    g_assert_nonnull(packed);
    g_assert_cmpint(uncompress((Bytef *)digits, &size, g_bytes_get_data(packed, NULL),
                               (uLong)g_bytes_get_size(packed)),
                    ==, Z_OK);
    return digits;
}

// ---- through an export --------------------------------------------------------------------------

static GBytes *export_as(GBytes *file, const char *format, bool keep)
{
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);
    struct image_save_params params = {.format = format, .keep_metadata = keep};

    g_assert_no_error(error);
    g_assert_null(image->meta.note);

    GBytes *out = image_encode(image, &params, &error);

    g_assert_no_error(error);
    image_free(image);
    return out;
}

static void check_jpeg(GBytes *file)
{
    g_autoptr(GBytes) packet = segment(file, 0xe1, XMP_BEGIN);
    g_autoptr(GBytes) resources = segment(file, 0xed, IPTC_BEGIN);

    assert_bytes(packet, EXPORTED, sizeof(EXPORTED) - 1);
    assert_bytes(resources, CAPTIONS, sizeof(CAPTIONS) - 1);
    g_assert_null(segment(file, 0xe1, MORE_BEGIN));
}

static void check_png(GBytes *file)
{
    g_autoptr(GBytes) packet = chunk(file, "iTXt", PNG_XMP, sizeof(PNG_XMP) - 1);
    g_autoptr(GBytes) packed = chunk(file, "zTXt", PNG_IPTC, sizeof(PNG_IPTC) - 1);
    g_autofree char *digits = unpack_digits(packed);
    GString *expected = g_string_new(NULL);

    assert_bytes(packet, EXPORTED, sizeof(EXPORTED) - 1);
    g_string_append_printf(expected, "\niptc\n%8d", (int)sizeof(CAPTIONS) - 1);
    for (size_t i = 0; i < sizeof(CAPTIONS) - 1; i++) {
        g_string_append_printf(expected, "%s%02x", i % 36 == 0 ? "\n" : "", (guint8)CAPTIONS[i]);
    }
    g_string_append_c(expected, '\n');
    g_assert_cmpstr(digits, ==, expected->str);
    g_string_free(expected, TRUE);
}

static void test_carried(void)
{
    g_autoptr(GBytes) photo = jpeg_with(PACKET, RESOURCES, sizeof(RESOURCES) - 1);
    g_autoptr(GBytes) jpeg = export_as(photo, "jpeg", true);
    g_autoptr(GBytes) png = export_as(photo, "png", true);
    g_autoptr(GBytes) png_again = export_as(png, "png", true);
    g_autoptr(GBytes) jpeg_again = export_as(png_again, "jpeg", true);

    check_jpeg(jpeg);
    check_png(png);
    check_png(png_again);
    check_jpeg(jpeg_again);
}

// As ExifTool writes and wants it: the record in the tag 33723, its sum in Photoshop's, in both
// byte orders.
static void test_tiff(void)
{
    enum { RECORD_TAG = 33723, RESOURCES_TAG = 34377, HEAD = 12, LENGTH = 11 };

    for (int big = 0; big < 2; big++) {
        struct image *photo = picture_photo(20, 30, 8, 5);
        struct image_save_params params = {.format = "tiff", .keep_metadata = true};

        photo->meta.iptc = g_bytes_new(CAPTIONS, sizeof(CAPTIONS) - 1);
        photo->meta.exif = big ? picture_exif(1, false) : NULL;

        g_autoptr(GBytes) file = image_encode(photo, &params, NULL);
        gsize size = 0;
        const guint8 *data = g_bytes_get_data(file, &size);
        g_autoptr(GBytes) record = tiff_exif_bytes(data, size, RECORD_TAG);
        g_autoptr(GBytes) sum = tiff_exif_bytes(data, size, RESOURCES_TAG);
        g_autoptr(GBytes) jpeg = export_as(file, "jpeg", true);
        g_autoptr(GBytes) resources = segment(jpeg, 0xed, IPTC_BEGIN);

        g_assert_cmpint(data[0], ==, big ? 'M' : 'I');
        g_assert_nonnull(record);
        g_assert_cmpmem(g_bytes_get_data(record, NULL), LENGTH, &RECORD[HEAD], LENGTH);
        assert_bytes(sum, SUM, sizeof(SUM) - 1);
        assert_bytes(resources, CAPTIONS, sizeof(CAPTIONS) - 1);
        image_free(photo);
    }
}

// A bare record as files have it: filled up, swapped by fours, with a length of a length.
static void test_records(void)
{
    static const struct {
        const char *bytes;
        gsize size, kept;
    } CASES[] = {
        {"\x1c\x02\x78\0\x06 a cat", 11, 11},
        {"\x1c\x02\x78\0\x06 a cat\0", 12, 11},
        {"\0\x78\x02\x1c\x20\x61\x20\x06\0tac", 12, 11},
        {"\x1c\x02\x78\x80\x02\0\x06 a cat", 13, 13},
        {"\x1c\x02\x78\0\x06 a cat\x1c\x02\x78\0\x06 a", 18, 11},
        {"\x1c\x02\x78\0\x06 a", 7, 0},
        {"\x1c\x02\x78\x80\x04\xff\xff\xff\xff a cat", 15, 0},
        {"\x1c\x02\x78\x80\x05\0\0\0\0\6 a cat", 16, 0},
        {"a cat", 5, 0},
        {"", 0, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree guint8 *bytes = g_memdup2(CASES[i].bytes, CASES[i].size); // for the sanitizer
        GBytes *list = iptc_from_record(bytes, CASES[i].size, NULL);
        g_autoptr(GBytes) record = list != NULL ? iptc_record(list) : NULL;

        g_assert_cmpuint(record != NULL ? g_bytes_get_size(record) : 0, ==, CASES[i].kept);
        if (record != NULL) {
            const guint8 *data = g_bytes_get_data(record, NULL);

            g_assert_cmpmem(data + CASES[i].kept - 6, 6, " a cat", 6);
            g_assert_null(iptc_other(list));
            g_bytes_unref(list);
        }
    }
}

// ---- IPTC where there is no place for it --------------------------------------------------------

// A dataset of record 2, the length of its value in place of the last byte.
#define SET(tag, length, text) "\x1c\2" tag "\0" length text

static const char DESCRIBED[] = SET("\5", "\6", "A fig&") SET("\x19", "\3", "fig")
    SET("\x19", "\5", "fruit") SET("\x50", "\7", "Zo\xeb Lee")
        SET("\x74", "\x09", "\xc2\xa9 Zo\xc3\xab L") SET("\x78", "\5", "a\1cat")
            SET("\x37", "\x08", "20261100") SET("\x5a", "\4", "Bonn") SET("\x87", "\2", "en");

#define WORDS_OF(name, text)                                                                       \
    "<dc:" name "><rdf:Alt><rdf:li xml:lang=\"x-default\">" text "</rdf:li></rdf:Alt></dc:" name ">"
#define DC_NAME "xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
#define PS_NAME "xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\""
#define FIRST                                                                                      \
    "<dc:subject><rdf:Bag><rdf:li>fig</rdf:li><rdf:li>fruit</rdf:li></rdf:Bag></dc:subject>"       \
    "<dc:creator><rdf:Seq><rdf:li>Zo\xc3\xab Lee</rdf:li></rdf:Seq></dc:creator>"
#define LAST                                                                                       \
    "<photoshop:City>Bonn</photoshop:City><photoshop:DateCreated>2026-11</photoshop:DateCreated>"

static GBytes *webp_packet(const char *packet, const char *record, gsize size, bool keep)
{
    struct image *photo = picture_photo(20, 30, 8, 5);
    struct image_save_params params = {.format = "webp", .keep_metadata = keep};
    g_autoptr(GError) error = NULL;

    photo->meta.xmp = packet != NULL ? g_bytes_new(packet, strlen(packet)) : NULL;
    photo->meta.iptc = record != NULL ? iptc_from_record(record, size, NULL) : NULL;

    g_autoptr(GBytes) file = image_encode(photo, &params, &error);
    struct image *back = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    g_assert_null(back->meta.note);

    GBytes *kept = back->meta.xmp != NULL ? g_bytes_ref(back->meta.xmp) : NULL;

    image_free(photo);
    image_free(back);
    return kept;
}

// The mapping of the IPTC Photo Metadata Standard, which ExifTool reads back as the same captions.
static void test_webp(void)
{
    static const char ALONE[] =
        "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
        "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description " DC_NAME
        " " PS_NAME " rdf:about=\"\">" WORDS_OF("title", "A fig&amp;")
            WORDS_OF("description", "a cat") FIRST WORDS_OF("rights", "\xc2\xa9 Zo\xc3\xab L") LAST
        "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>";
    g_autoptr(GBytes) alone = webp_packet(NULL, DESCRIBED, sizeof(DESCRIBED) - 1, true);

    assert_bytes(alone, ALONE, sizeof(ALONE) - 1);
    g_assert_null(webp_packet(NULL, DESCRIBED, sizeof(DESCRIBED) - 1, false));
    g_assert_null(webp_packet(NULL, NULL, 0, true));

    // What the packet says itself stays: here the description.
    g_autoptr(GBytes) both = webp_packet(PACKET, DESCRIBED, sizeof(DESCRIBED) - 1, true);
    g_autofree char *text = g_strndup(g_bytes_get_data(both, NULL), g_bytes_get_size(both));

    g_assert_nonnull(strstr(text, CAPTION));
    g_assert_null(strstr(text, "a cat"));
    g_assert_nonnull(strstr(text, WORDS_OF("title", "A fig&amp;") FIRST));
    g_assert_nonnull(strstr(text, LAST));

    g_autoptr(GBytes) packet = webp_packet(PACKET, NULL, 0, true);

    assert_bytes(packet, EXPORTED, sizeof(EXPORTED) - 1);
}

static void test_left_out(void)
{
    g_autoptr(GBytes) photo = jpeg_with(PACKET, RESOURCES, sizeof(RESOURCES) - 1);
    g_autoptr(GBytes) jpeg = export_as(photo, "jpeg", false);
    g_autoptr(GBytes) png = export_as(photo, "png", false);

    g_assert_null(segment(jpeg, 0xe1, XMP_BEGIN));
    g_assert_null(segment(jpeg, 0xed, IPTC_BEGIN));
    g_assert_null(chunk(png, "iTXt", PNG_XMP, sizeof(PNG_XMP) - 1));
    g_assert_null(chunk(png, "zTXt", PNG_IPTC, sizeof(PNG_IPTC) - 1));
}

// More than a marker holds is no reason to lose it: the file is not written, and the sentence says
// what to do.
static void test_too_long_for_jpeg(void)
{
    struct image *photo = picture_photo(20, 30, 8, 5);
    struct image_save_params params = {.format = "jpeg", .keep_metadata = true};
    g_autofree char *words = g_strnfill(70000, 'x'), *text = g_strdup_printf("<a>%s</a>", words);
    g_autoptr(GError) error = NULL;

    photo->meta.xmp = g_bytes_new(text, strlen(text));
    g_assert_null(image_encode(photo, &params, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "PNG"));
    params.format = "png";

    g_autoptr(GBytes) png = image_encode(photo, &params, NULL);
    g_autoptr(GBytes) packet = chunk(png, "iTXt", PNG_XMP, sizeof(PNG_XMP) - 1);

    assert_bytes(packet, text, strlen(text));
    image_free(photo);
}

// ---- a packet's words ---------------------------------------------------------------------------

static void test_color_space(void)
{
    static const char IN[] =
        "<a xmlns:e=\"http://ns.adobe.com/exif/1.0/\" e:ColorSpace=\"65535\"/>";
    static const char SRGB[] = "<a xmlns:e=\"http://ns.adobe.com/exif/1.0/\" e:ColorSpace=\"1\"/>";
    g_autoptr(GBytes) in = of_text(IN);
    g_autoptr(GBytes) same = xmp_for_export(in, 1, 1, false);
    g_autoptr(GBytes) srgb = xmp_for_export(in, 1, 1, true);

    assert_bytes(same, IN, strlen(IN));
    assert_bytes(srgb, SRGB, strlen(SRGB));
}

#define XMP_SPACES                                                                                 \
    "xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" xmlns:e=\"http://ns.adobe.com/exif/1.0/\" "         \
    "xmlns:dc=\"http://purl.org/dc/elements/1.1/\""

// What libraries that know the schemas lose or refuse: two names for one thing, a property twice,
// names without namespace, what is not RDF.
static void test_left_alone(void)
{
    static const char *const SAME[] = {
        "<a " XMP_SPACES " t:Artist=\"Ann\" t:Copyright=\"A\" t:DateTime=\"2020\" t:Software=\"S\" "
        "e:DateTimeDigitized=\"2021\"><dc:creator>Bob</dc:creator><dc:rights>B</dc:rights></a>",
        "<a " XMP_SPACES " dc:format=\"x\"><dc:format>y</dc:format><dc:format>z</dc:format></a>",
        "<a><unknown:b c:d=\"e\">&lt;&amp;</unknown:b><![CDATA[<&]]><!-- & --><?f g?></a>",
        "<a xmlns=\"urn:a\"><Orientation>6</Orientation>\n  <b xmlns=\"\"/>\n</a>",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(SAME); i++) {
        g_autoptr(GBytes) packet = of_text(SAME[i]);
        g_autoptr(GBytes) out = xmp_for_export(packet, 20, 30, true);

        assert_bytes(out, SAME[i], strlen(SAME[i]));
    }
}

// A prefix means what the nearest declaration says; there may be none, or one without prefix.
static void test_namespaces(void)
{
    static const char IN[] =
        "<a " XMP_SPACES "><Orientation xmlns=\"http://ns.adobe.com/tiff/1.0/\">6</Orientation>"
        "<b xmlns:t=\"else\"><t:Orientation>7</t:Orientation></b><t:Orientation>8</t:Orientation>"
        "<none:GPSLatitude>1</none:GPSLatitude><c none:GPSLatitude=\"1\"/></a>";
    static const char OUT[] =
        "<a " XMP_SPACES "><Orientation xmlns=\"http://ns.adobe.com/tiff/1.0/\">1</Orientation>"
        "<b xmlns:t=\"else\"><t:Orientation>7</t:Orientation></b><t:Orientation>1</t:Orientation>"
        "<c/></a>";
    g_autoptr(GBytes) packet = of_text(IN);
    g_autoptr(GBytes) out = xmp_for_export(packet, 20, 30, true);

    assert_bytes(out, OUT, strlen(OUT));
}

// ---- what is hostile ----------------------------------------------------------------------------

// Elements in elements.
static char *repeated(const char *begin, int times, const char *end)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < 2 * times; i++) {
        g_string_append(text, i < times ? begin : end);
    }
    return g_string_free(text, FALSE);
}

// An element of so many attributes.
static char *wide(const char *prefix, int count)
{
    GString *text = g_string_new("<a ");

    for (int i = 0; i < count; i++) {
        g_string_append_printf(text, "%sn%x=\"u\" ", prefix, i);
    }
    g_string_append(text, "/>");
    return g_string_free(text, FALSE);
}

// Takes the text: of a length that is allowed, and of a kind that takes a reader minutes or its
// stack.
static void assert_refused(char *text)
{
    g_autoptr(GBytes) packet = g_bytes_new_take(text, strlen(text));

    g_assert_cmpuint(g_bytes_get_size(packet), <=, XMP_MAX_BYTES);
    g_assert_null(xmp_for_export(packet, 1, 1, true));
}

static void test_bad_packets(void)
{
    static const char *const BAD[] = {
        "",
        "no XML",
        "<?xpacket begin=\"\"?>",
        "<a>",
        "<a></b>",
        "<a>\xff</a>",
        "<a>&unknown;</a>",
        "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>",
        "<!DOCTYPE a><a/>",
        "<a><!ENTITY b \"c\"></a>",
    };

    g_assert_null(xmp_for_export(NULL, 1, 1, true));
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GBytes) packet = of_text(BAD[i]);

        g_assert_null(xmp_for_export(packet, 1, 1, true));
    }
    for (gsize cut = 0; cut < sizeof(PACKET) - 1; cut++) {
        g_autoptr(GBytes) part = g_bytes_new(PACKET, cut);
        g_autoptr(GBytes) out = xmp_for_export(part, 1, 1, true);

        g_assert_true(out == NULL || cut > sizeof(PACKET) - 22); // only the last instruction is cut
    }

    g_autofree char *words = g_strnfill(XMP_MAX_BYTES, 'x');
    g_autofree char *text = g_strdup_printf("<a>%s</a>", words);
    g_autoptr(GBytes) large = of_text(text);
    g_autoptr(GBytes) zero = g_bytes_new("<a>\0</a>", 8);

    g_assert_null(xmp_for_export(large, 1, 1, true));
    g_assert_null(xmp_for_export(zero, 1, 1, true));
    assert_refused(repeated("<a>", 1000, "</a>"));
    assert_refused(repeated("<a>", 140000, "</a>"));
    assert_refused(wide("", 80000));
    assert_refused(wide("xmlns:", 50000));
}

// A photo with a broken packet opens, says so, and is exported without.
static void test_note(void)
{
    g_autoptr(GBytes) file = jpeg_with("<a></b>", NULL, 0);
    struct image *image = image_load_bytes(file, NULL, NULL);

    g_assert_nonnull(image);
    g_assert_nonnull(strstr(image->meta.note, "XMP"));
    g_assert_null(image->meta.xmp);
    image_free(image);
}

// A record is kept whatever becomes of the list behind it, and its sum where that is whole.
static void test_cut_resources(void)
{
    const gsize whole = sizeof(RESOURCES) - 1, record = sizeof(RECORD) - 1;
    const gsize begin = bytes_before(RECORD, record), end = begin + sizeof(CAPTIONS) - 1;

    for (gsize cut = 0; cut <= whole; cut++) {
        g_autofree char *part = g_memdup2(RESOURCES, MAX(cut, 1)); // to its end, for the sanitizer
        g_autoptr(GBytes) kept = iptc_from_resources(part, cut);

        if (cut < begin + record - 1) { // its last byte only pads it
            g_assert_null(kept);
        } else {
            assert_bytes(kept, CAPTIONS, cut < end ? record : sizeof(CAPTIONS) - 1);
        }
    }
}

static void test_bad_resources(void)
{
    g_autofree char *large = g_malloc0((1 << 20) + 1);

    memcpy(large, RESOURCES, sizeof(RESOURCES));
    g_assert_null(iptc_from_resources(large, (1 << 20) + 1));
    g_assert_null(iptc_from_resources(NULL, 0));
    g_assert_null(iptc_from_resources("8BIM\x04\x04\0\0\xff\xff\xff\xff", 12));
    g_assert_null(iptc_from_resources("8BIM\x04\x04\xff\0\0\0\0\0", 12));
    g_assert_null(iptc_from_resources("8BIM\x04\x04\0\0\0\0\0\0", 12)); // empty
    g_assert_null(iptc_from_resources("8BIM\x04\x0c\0\0\0\0\0\0", 12)); // no captions
}

static void test_bad_digits(void)
{
    static const char *const BAD[] = {
        "",
        "\niptc\n",
        "\niptc\n 0\n00",
        "\niptc\n -1\n00",
        "\niptc\n 99999999999\n00",
        "\niptc\n 4\n384249",
        "\niptc\n 4\n3842494x",
    };
    g_autoptr(GBytes) captions = g_bytes_new_static(CAPTIONS, sizeof(CAPTIONS) - 1);
    g_autofree char *text = raw_profile_write("iptc", captions);
    g_autoptr(GBytes) back = raw_profile_read(text, strlen(text));
    g_autoptr(GBytes) odd = raw_profile_read("\nx\n 2\n0 1 \nfE.", 13);

    g_assert_true(g_bytes_equal(back, captions));
    assert_bytes(odd, "\x01\xfe", 2);
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_assert_null(raw_profile_read(BAD[i], strlen(BAD[i])));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/captions/carried", test_carried);
    g_test_add_func("/captions/tiff", test_tiff);
    g_test_add_func("/captions/records", test_records);
    g_test_add_func("/captions/webp", test_webp);
    g_test_add_func("/captions/left-out", test_left_out);
    g_test_add_func("/captions/too-long-for-jpeg", test_too_long_for_jpeg);
    g_test_add_func("/captions/color-space", test_color_space);
    g_test_add_func("/captions/left-alone", test_left_alone);
    g_test_add_func("/captions/namespaces", test_namespaces);
    g_test_add_func("/captions/bad-packets", test_bad_packets);
    g_test_add_func("/captions/note", test_note);
    g_test_add_func("/captions/cut-resources", test_cut_resources);
    g_test_add_func("/captions/bad-resources", test_bad_resources);
    g_test_add_func("/captions/bad-digits", test_bad_digits);
    return g_test_run();
}
