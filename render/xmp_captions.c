// Captions of IPTC as XMP has them: IPTC Photo Metadata Standard 2023.1, the properties of "IPTC
// Core" and their numbers in IIM.
#include "render/iptc.h"
#include "render/xmp.h"

#include <libxml/parser.h>
#include <libxml/xmlsave.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

#define RDF       "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define DC        "http://purl.org/dc/elements/1.1/"
#define PHOTOSHOP "http://ns.adobe.com/photoshop/1.0/"
#define CORE      "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"

static const char EMPTY[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"" RDF "\"/></x:xmpmeta>"
    "<?xpacket end=\"w\"?>";

// WORDS are in a language; of BAG and SEQUENCE there are several.
enum shape { TEXT, WORDS, BAG, SEQUENCE, DATE };

static const struct property {
    int tag; // of record 2
    const char *space, *prefix, *name;
    enum shape shape;
} PROPERTIES[] = {
    {5, DC, "dc", "title", WORDS},
    {120, DC, "dc", "description", WORDS},
    {25, DC, "dc", "subject", BAG},
    {80, DC, "dc", "creator", SEQUENCE},
    {116, DC, "dc", "rights", WORDS},
    {105, PHOTOSHOP, "photoshop", "Headline", TEXT},
    {122, PHOTOSHOP, "photoshop", "CaptionWriter", TEXT},
    {85, PHOTOSHOP, "photoshop", "AuthorsPosition", TEXT},
    {110, PHOTOSHOP, "photoshop", "Credit", TEXT},
    {115, PHOTOSHOP, "photoshop", "Source", TEXT},
    {40, PHOTOSHOP, "photoshop", "Instructions", TEXT},
    {103, PHOTOSHOP, "photoshop", "TransmissionReference", TEXT},
    {90, PHOTOSHOP, "photoshop", "City", TEXT},
    {95, PHOTOSHOP, "photoshop", "State", TEXT},
    {101, PHOTOSHOP, "photoshop", "Country", TEXT},
    {92, CORE, "Iptc4xmpCore", "Location", TEXT},
    {100, CORE, "Iptc4xmpCore", "CountryCode", TEXT},
    {12, CORE, "Iptc4xmpCore", "SubjectCode", BAG},
    {55, PHOTOSHOP, "photoshop", "DateCreated", DATE},
};

// ---- values -------------------------------------------------------------------------------------

// Nothing that XML forbids; what is not UTF-8 is taken for the Latin letters of old programs.
static char *value_text(const struct iptc_value *value)
{
    const char *data = (const char *)value->data;
    char *text =
        g_utf8_validate(data, (gssize)value->size, NULL)
            ? g_strndup(data, value->size)
            : g_convert(data, (gssize)value->size, "UTF-8", "WINDOWS-1252", NULL, NULL, NULL);

    if (text == NULL) {
        text = g_convert(data, (gssize)value->size, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
    }
    for (char *p = text; p != NULL && *p != '\0'; p++) {
        const bool allowed = (guchar)*p >= ' ' || *p == '\n' || *p == '\t';

        *p = allowed ? *p : ' ';
    }
    return text;
}

// All values of a tag.
static GPtrArray *values_of(GBytes *record, int tag)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    struct iptc_value value;
    gsize size = 0, at = 0;
    const guint8 *data = g_bytes_get_data(record, &size);

    while (iptc_next(data, size, &at, &value)) {
        char *text = value.record == 2 && value.tag == tag ? value_text(&value) : NULL;

        if (text != NULL && *text != '\0' && g_utf8_validate(text, -1, NULL)) {
            g_ptr_array_add(texts, text);
        } else {
            g_free(text);
        }
    }
    return texts;
}

// CCYYMMDD, of which parts may be 0, as "2026-11-30"; NULL: it is no date.
static char *date_text(const char *date)
{
    int length = 0;

    while (g_ascii_isdigit(date[length])) {
        length++;
    }
    if (length != 8 || date[length] != '\0' || g_str_has_prefix(date, "0000")) {
        return NULL;
    }
    return memcmp(date + 4, "00", 2) == 0 ? g_strndup(date, 4)
           : memcmp(date + 6, "00", 2) == 0
               ? g_strdup_printf("%.4s-%.2s", date, date + 4)
               : g_strdup_printf("%.4s-%.2s-%.2s", date, date + 4, date + 6);
}

// ---- the packet ---------------------------------------------------------------------------------

static bool is_named(const xmlNode *node, const char *space, const char *name)
{
    return node->ns != NULL && g_str_equal((const char *)node->ns->href, space) &&
           g_str_equal((const char *)node->name, name);
}

// The first element or attribute of that name in a list or below. libxml2 lets nothing be nested
// more than 256 deep.
static xmlNode *find(xmlNode *list, const char *space, const char *name)
{
    for (xmlNode *node = list; node != NULL; node = node->next) {
        const bool element = node->type == XML_ELEMENT_NODE;

        if ((element || node->type == XML_ATTRIBUTE_NODE) && is_named(node, space, name)) {
            return node;
        }

        xmlNode *below = element ? find((xmlNode *)node->properties, space, name) : NULL;

        below = below == NULL && element ? find(node->children, space, name) : below;
        if (below != NULL) {
            return below;
        }
    }
    return NULL;
}

// A prefix of the new description; another one's of the same name, further out, is none of its.
static xmlNs *space_of(xmlNode *description, const char *space, const char *prefix)
{
    for (xmlNs *ns = description->nsDef; ns != NULL; ns = ns->next) {
        if (g_str_equal((const char *)ns->href, space)) {
            return ns;
        }
    }
    return xmlNewNs(description, BAD_CAST space, BAD_CAST prefix);
}

static void add_property(xmlNode *description, const struct property *p, const GPtrArray *texts)
{
    static const char *const LISTS[] = {[WORDS] = "Alt", [BAG] = "Bag", [SEQUENCE] = "Seq"};
    const bool several = p->shape == BAG || p->shape == SEQUENCE;
    g_autofree char *date = p->shape == DATE ? date_text(texts->pdata[0]) : NULL;
    xmlNs *ns = space_of(description, p->space, p->prefix);

    if (p->shape == TEXT || p->shape == DATE) {
        const char *text = p->shape == DATE ? date : texts->pdata[0];

        if (text != NULL) {
            xmlNewTextChild(description, ns, BAD_CAST p->name, BAD_CAST text);
        }
        return;
    }

    xmlNode *property = xmlNewChild(description, ns, BAD_CAST p->name, NULL);
    xmlNode *list = xmlNewChild(property, description->ns, BAD_CAST LISTS[p->shape], NULL);

    for (guint i = 0; i < (several ? texts->len : 1); i++) {
        xmlNode *item =
            xmlNewTextChild(list, description->ns, BAD_CAST "li", BAD_CAST texts->pdata[i]);

        if (p->shape == WORDS) {
            xmlNodeSetLang(item, BAD_CAST "x-default");
        }
    }
}

// All descriptions of a packet are about one thing, which may have a name.
static xmlNode *add_description(xmlNode *rdf)
{
    xmlNode *other = find(rdf->children, RDF, "about");
    xmlChar *about = other != NULL ? xmlNodeGetContent(other) : NULL;
    xmlNode *description = xmlNewChild(rdf, rdf->ns, BAD_CAST "Description", NULL);

    xmlNewNsProp(description, rdf->ns, BAD_CAST "about", about != NULL ? about : BAD_CAST "");
    xmlFree(about);
    return description;
}

static void add_captions(xmlNode *rdf, GBytes *record)
{
    xmlNode *description = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(PROPERTIES); i++) {
        const struct property *p = &PROPERTIES[i];
        g_autoptr(GPtrArray) texts = values_of(record, p->tag);

        if (texts->len > 0 && find(rdf, p->space, p->name) == NULL) {
            description = description != NULL ? description : add_description(rdf);
            add_property(description, p, texts);
        }
    }
}

GBytes *xmp_with_captions(GBytes *packet, GBytes *iptc)
{
    g_autoptr(GBytes) record = iptc != NULL ? iptc_record(iptc) : NULL;
    gsize size = sizeof(EMPTY) - 1;
    const char *text = packet != NULL ? g_bytes_get_data(packet, &size) : EMPTY;
    g_autoptr(xmlDoc) document =
        record != NULL ? xmlReadMemory(text, (int)size, NULL, "UTF-8",
                                       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
                       : NULL;
    xmlNode *rdf = document != NULL ? find(document->children, RDF, "RDF") : NULL;

    if (rdf == NULL) {
        return packet != NULL ? g_bytes_ref(packet) : NULL;
    }
    add_captions(rdf, record);
    return xmp_serialise(document);
}
