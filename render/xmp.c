// libxml2 reads the packet into a tree and writes it again; this file decides what changes between.
// Not exempi: it keeps one of two names for what the schemas call the same (tiff:Artist beside
// dc:creator), drops a packet for one doubled property, needs a minute for a megabyte of
// namespaces and overflows the stack where elements are nested deeply. libxml2 stops at 256.
#include "render/xmp.h"

#include <libxml/parser.h>
#include <libxml/xmlsave.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

// Names are known by their namespace, not by the prefix a writer happened to choose.
enum subject { OTHER, UNWANTED, ORIENTATION, WIDTH, HEIGHT, COLOR_SPACE, PROFILE };
static const struct rule {
    const char *space, *name; // patterns
    enum subject subject;
} RULES[] = {
    {"http://ns.adobe.com/tiff/1.0/", "Orientation", ORIENTATION},
    {"http://ns.adobe.com/tiff/1.0/", "ImageWidth", WIDTH},
    {"http://ns.adobe.com/tiff/1.0/", "ImageLength", HEIGHT},
    {"http://ns.adobe.com/exif/1.0/", "PixelXDimension", WIDTH},
    {"http://ns.adobe.com/exif/1.0/", "PixelYDimension", HEIGHT},
    {"http://ns.adobe.com/exif/1.0/", "ColorSpace", COLOR_SPACE},
    {"http://ns.adobe.com/photoshop/1.0/", "ICCProfile", PROFILE},
    {"http://ns.adobe.com/xmp/note/", "HasExtendedXMP", UNWANTED},
    {"http://ns.adobe.com/xap/1.0/", "Thumbnails", UNWANTED},
    {"http://ns.adobe.com/hdr-gain-map/1.0/", "*", UNWANTED},
    {"http://ns.google.com/photos/1.0/camera/", "*", UNWANTED}, // parts behind the picture
    {"http://ns.google.com/photos/1.0/container/*", "*", UNWANTED},
    {"http://ns.google.com/photos/1.0/depthmap/", "*", UNWANTED},
    {"http://ns.google.com/photos/1.0/image/", "*", UNWANTED},
    {"http://ns.google.com/photos/dd/1.0/*", "*", UNWANTED},
};

struct facts { // about the exported picture
    char width[12], height[12];
    bool srgb;
};

// Of an element or an attribute.
static enum subject subject_of(const xmlNode *node)
{
    const char *space = node->ns != NULL ? (const char *)node->ns->href : "";
    const char *name = (const char *)node->name;
    const char *colon = strrchr(name, ':'); // of a prefix that nobody declared

    if (g_ascii_strncasecmp(colon != NULL ? colon + 1 : name, "gps", 3) == 0) {
        return UNWANTED; // EXIF's, and those of makers of cameras
    }
    for (size_t i = 0; i < G_N_ELEMENTS(RULES); i++) {
        if (g_pattern_match_simple(RULES[i].space, space) &&
            g_pattern_match_simple(RULES[i].name, name)) {
            return RULES[i].subject;
        }
    }
    return OTHER;
}

// The value that is true of the exported picture; NULL: the one that stands there.
static const char *value_for(enum subject subject, const struct facts *facts)
{
    switch (subject) {
    case ORIENTATION: return "1";
    case WIDTH: return facts->width;
    case HEIGHT: return facts->height;
    case COLOR_SPACE: return facts->srgb ? "1" : NULL;
    case PROFILE: return facts->srgb ? "sRGB IEC61966-2.1" : NULL;
    default: return NULL;
    }
}

// Elements and attributes of a list and below.
static void bring_up_to_date(xmlNode *list, const struct facts *facts)
{
    for (xmlNode *node = list, *next; node != NULL; node = next) {
        const bool element = node->type == XML_ELEMENT_NODE;
        const enum subject subject =
            element || node->type == XML_ATTRIBUTE_NODE ? subject_of(node) : OTHER;
        const char *value = value_for(subject, facts);

        next = node->next;
        if (subject == UNWANTED) {
            xmlUnlinkNode(node);
            xmlFreeNode(node);
            continue;
        }
        if (value != NULL) {
            xmlNodeSetContent(node, BAD_CAST value);
        }
        if (element) {
            bring_up_to_date((xmlNode *)node->properties, facts);
            bring_up_to_date(node->children, facts);
        }
    }
}

GBytes *xmp_serialise(const xmlDoc *document)
{
    xmlBuffer *text = xmlBufferCreate();
    xmlSaveCtxt *save = xmlSaveToBuffer(text, "UTF-8", XML_SAVE_NO_DECL);

    for (xmlNode *node = document->children; node != NULL; node = node->next) {
        xmlSaveTree(save, node);
    }
    xmlSaveClose(save);

    GBytes *bytes = g_bytes_new(xmlBufferContent(text), (gsize)xmlBufferLength(text));

    xmlBufferFree(text);
    return bytes;
}

// libxml2 compares each attribute of an element with all others, so that 100,000 of them take half
// a minute. A tag cannot hold another '<', and text may as well hold that many '='.
static bool has_long_tag(const char *text, gsize size)
{
    enum { MAX_ATTRIBUTES = 4000 };
    int attributes = 0;

    for (gsize i = 0; i < size && attributes <= MAX_ATTRIBUTES; i++) {
        attributes = text[i] == '<' ? 0 : attributes + (text[i] == '=');
    }
    return attributes > MAX_ATTRIBUTES;
}

GBytes *xmp_for_export(GBytes *packet, int width, int height, bool srgb)
{
    gsize size = 0;
    const char *text = packet != NULL ? g_bytes_get_data(packet, &size) : NULL;

    if (size == 0 || size > XMP_MAX_BYTES || !g_utf8_validate(text, (gssize)size, NULL) ||
        has_long_tag(text, size)) {
        return NULL;
    }

    g_autoptr(xmlDoc) document = xmlReadMemory(
        text, (int)size, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    struct facts facts = {.srgb = srgb};

    // A document type is where entities are made, and nothing that a packet has.
    if (document == NULL || document->intSubset != NULL) {
        return NULL;
    }
    g_snprintf(facts.width, sizeof(facts.width), "%d", width);
    g_snprintf(facts.height, sizeof(facts.height), "%d", height);
    bring_up_to_date(document->children, &facts);
    return xmlDocGetRootElement(document) != NULL ? xmp_serialise(document) : NULL;
}
