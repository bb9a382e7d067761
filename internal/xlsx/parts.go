package xlsx

// The parts of a workbook beside the sheet of the table.

const (
	xmlHead       = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetPart     = "xl/worksheets/sheet1.xml"
	mainNamespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageTypes  = "http://schemas.openxmlformats.org/package/2006"
	contentType   = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

type fixedPart struct{ name, text string }

// The styles of cells, by their place in cellXfs. Quoted cells stay text where people edit
// them; in text cells everything that people type is text.
const (
	plainStyle = iota
	headerStyle
	quotedStyle
	topStyle
	topQuotedStyle
	topTextStyle
	wrappedStyle
	wrappedQuotedStyle
	wrappedTextStyle
)

const (
	topAligned     = `<alignment vertical="top"/>`
	wrapsTopLines  = `<alignment vertical="top" wrapText="1"/>`
	alignedCell    = `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">`
	alignedQuoted  = `<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1" applyAlignment="1">`
	alignedText    = `<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">`
	choiceSheet    = "Labels"
	choicePart     = "xl/worksheets/sheet2.xml"
	choiceTypeXML  = `<Override PartName="/` + choicePart + `" ContentType="` + contentType + `worksheet+xml"/>`
	choiceSheetXML = `<sheet name="` + choiceSheet + `" sheetId="2" state="hidden" r:id="rId3"/>`
	choiceLinkXML  = `<Relationship Id="rId3" Type="` + relationships + `/worksheet" Target="worksheets/sheet2.xml"/>`
)

// fixedParts are the other parts; area is what the filter covers, "" if nothing, and choices the text of the
// hidden sheet of choices, "" if there is none.
func fixedParts(area, choices string) []fixedPart {
	names, choiceType, choiceSheetEntry, choiceLink := "", "", "", ""
	if choices != "" {
		choiceType, choiceSheetEntry, choiceLink = choiceTypeXML, choiceSheetXML, choiceLinkXML
	}
	if area != "" {
		names = `<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Sheet1!` + area + `</definedName></definedNames>`
	}
	parts := []fixedPart{
		{"[Content_Types].xml", `<Types xmlns="` + packageTypes + `/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + contentType + `sheet.main+xml"/>` +
			`<Override PartName="/` + sheetPart + `" ContentType="` + contentType + `worksheet+xml"/>` + choiceType +
			`<Override PartName="/xl/styles.xml" ContentType="` + contentType + `styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packageTypes + `/relationships">` +
			`<Relationship Id="rId1" Type="` + relationships + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + mainNamespace + `" xmlns:r="` + relationships + `">` +
			`<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>` + choiceSheetEntry + `</sheets>` + names + `</workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packageTypes + `/relationships">` +
			`<Relationship Id="rId1" Type="` + relationships + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relationships + `/styles" Target="styles.xml"/>` + choiceLink + `</Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + mainNamespace + `">` +
			`<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
			`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
			`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
			`<cellXfs count="9"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
			`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>` +
			`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>` +
			alignedCell + topAligned + `</xf>` + alignedQuoted + topAligned + `</xf>` + alignedText + topAligned + `</xf>` +
			alignedCell + wrapsTopLines + `</xf>` + alignedQuoted + wrapsTopLines + `</xf>` + alignedText + wrapsTopLines + `</xf></cellXfs>` +
			`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
	}
	if choices != "" {
		parts = append(parts, fixedPart{choicePart, choices})
	}
	return parts
}
