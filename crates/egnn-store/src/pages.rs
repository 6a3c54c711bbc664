//! Pages of a column chunk, checked for what the decoder takes for granted.

use parquet::{
    basic::{Encoding, Type},
    column::{
        page::{Page, PageMetadata, PageReader},
        reader::{ColumnReader, get_column_reader},
    },
    errors::{ParquetError, Result},
    file::reader::RowGroupReader,
};

/// Reader of a column of a row group. Damaged pages give errors, where the decoder by itself would panic.
pub(crate) fn column_reader(group: &dyn RowGroupReader, column: usize) -> Result<ColumnReader> {
    let descriptor = group.metadata().schema_descr().column(column);
    let pages = CheckedPages {
        inner: group.get_column_page_reader(column)?,
        has_dictionary: false,
        values_left: group.metadata().column(column).num_values(),
        physical: descriptor.physical_type(),
        has_levels: descriptor.max_def_level() > 0,
    };
    Ok(get_column_reader(descriptor, Box::new(pages)))
}

struct CheckedPages {
    inner: Box<dyn PageReader>,
    has_dictionary: bool,
    /// Values that the footer promises and no page has held yet: a page must not promise more than there is memory.
    values_left: i64,
    physical: Type,
    /// Whether levels stand before the values of a page.
    has_levels: bool,
}

impl CheckedPages {
    fn check(&mut self, page: &Page) -> Result<()> {
        let (count, values) = (page.num_values() as usize, page.buffer());
        match page {
            Page::DictionaryPage { .. } => {
                self.has_dictionary = true;
                return if self.physical == Type::BYTE_ARRAY { texts_are_there(values, count) } else { Ok(()) };
            }
            // What the decoder takes from its header it does not check.
            Page::DataPageV2 { .. } => return refuse("a page is of version 2, which no page of ours is"),
            Page::DataPage { def_level_encoding, rep_level_encoding, .. } => {
                if self.has_levels
                    && [def_level_encoding, rep_level_encoding].iter().any(|&&kind| kind != Encoding::RLE)
                {
                    return refuse("a page holds levels in an encoding that no page of ours has");
                }
            }
        }
        match page.encoding() {
            Encoding::PLAIN if self.physical == Type::BYTE_ARRAY && !self.has_levels => texts_are_there(values, count)?,
            Encoding::PLAIN => {}
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY if self.has_dictionary => {}
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                return refuse("a page refers to a dictionary that is not there");
            }
            Encoding::BYTE_STREAM_SPLIT if !self.has_levels => {
                let width = if self.physical == Type::FLOAT { 4 } else { 8 };
                if values.len() / width < count {
                    return refuse("a page has fewer bytes than its values need");
                }
            }
            Encoding::RLE if self.physical == Type::BOOLEAN => {}
            // Their decoders panic on damaged pages. N-body's indices are written as differences, and never read.
            other => return refuse(format!("a page is encoded as {other}, which no column that is read is")),
        }
        self.values_left -= i64::from(page.num_values());
        if self.values_left < 0 {
            return refuse("its pages hold more values than the footer says");
        }
        Ok(())
    }
}

fn refuse(reason: impl Into<String>) -> Result<()> {
    Err(ParquetError::General(reason.into()))
}

/// Whether `count` texts, each after its length, stand in a page.
fn texts_are_there(mut bytes: &[u8], count: usize) -> Result<()> {
    for _ in 0..count {
        let text =
            bytes.split_first_chunk().and_then(|(length, rest)| rest.get(u32::from_le_bytes(*length) as usize..));
        match text {
            Some(rest) => bytes = rest,
            None => return refuse("a page has fewer texts than it says"),
        }
    }
    Ok(())
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        page.iter().try_for_each(|page| self.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of a file that nobody wrote.
    struct Invented(Vec<Page>);

    impl PageReader for Invented {
        fn get_next_page(&mut self) -> Result<Option<Page>> {
            Ok(self.0.pop())
        }

        fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
            Ok(None)
        }

        fn skip_next_page(&mut self) -> Result<()> {
            Ok(())
        }
    }

    impl Iterator for Invented {
        type Item = Result<Page>;

        fn next(&mut self) -> Option<Self::Item> {
            self.get_next_page().transpose()
        }
    }

    fn page(num_values: u32, encoding: Encoding, bytes: &[u8]) -> Page {
        let levels = Encoding::RLE;
        let (def_level_encoding, rep_level_encoding) = (levels, levels);
        let buf = bytes::Bytes::copy_from_slice(bytes);
        Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics: None }
    }

    /// What is said about pages of which the footer promises ten values.
    fn said_of(pages: Vec<Page>, physical: Type, has_levels: bool) -> Option<String> {
        let inner = Box::new(Invented(pages));
        let checked = CheckedPages { inner, has_dictionary: false, values_left: 10, physical, has_levels };
        checked.filter_map(Result::err).map(|error| error.to_string()).next()
    }

    /// What is said about the page of a column of that type without levels, which must not be nothing.
    fn refused(page: Page, physical: Type) -> String {
        said_of(vec![page], physical, false).unwrap()
    }

    #[test]
    fn pages_hold_no_more_values_than_the_footer_says() {
        let plain = |count| page(count, Encoding::PLAIN, &[]);
        assert_eq!(said_of(vec![plain(4), plain(6)], Type::INT32, false), None);
        for pages in [vec![plain(u32::MAX)], vec![plain(5), plain(6)]] {
            let said = said_of(pages, Type::INT32, false).unwrap();
            assert!(said.contains("its pages hold more values than the footer says"), "{said}");
        }
    }

    #[test]
    fn what_the_decoder_would_panic_on_is_refused() {
        for encoding in [Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
            let said = refused(page(4, encoding, &[0; 64]), Type::INT32);
            assert!(said.contains(&format!("a page is encoded as {encoding}")), "{said}");
        }
        let said = refused(page(4, Encoding::RLE_DICTIONARY, &[]), Type::INT32);
        assert!(said.contains("a dictionary that is not there"), "{said}");
        let split = |bytes| page(4, Encoding::BYTE_STREAM_SPLIT, bytes);
        assert_eq!(said_of(vec![split(&[0; 16])], Type::FLOAT, false), None);
        let said = refused(split(&[0; 15]), Type::FLOAT);
        assert!(said.contains("fewer bytes than its values need"), "{said}");
        assert!(said_of(vec![split(&[0; 64])], Type::DOUBLE, true).is_some(), "where levels end is not known");
        let Page::DataPage { buf, num_values, encoding, statistics, .. } = page(4, Encoding::PLAIN, &[]) else {
            return;
        };
        let (def_level_encoding, rep_level_encoding) = (Encoding::RLE, Encoding::PLAIN);
        let other = Page::DataPage {
            buf: buf.clone(),
            num_values,
            encoding,
            def_level_encoding,
            rep_level_encoding,
            statistics,
        };
        let said = said_of(vec![other], Type::INT32, true).unwrap();
        assert!(said.contains("levels in an encoding"), "{said}");
        let second = Page::DataPageV2 {
            buf,
            num_values,
            encoding,
            num_nulls: 0,
            num_rows: num_values,
            def_levels_byte_len: u32::MAX,
            rep_levels_byte_len: 0,
            is_compressed: false,
            statistics: None,
        };
        assert!(refused(second, Type::INT32).contains("of version 2"));
    }

    #[test]
    fn texts_must_be_where_their_lengths_say() {
        let texts = [2, 0, 0, 0, b'C', b'C', 0, 0, 0, 0, 1, 0, 0, 0, b'O'];
        let read = |count, bytes: &[u8]| said_of(vec![page(count, Encoding::PLAIN, bytes)], Type::BYTE_ARRAY, false);
        assert_eq!(read(3, &texts), None);
        for (count, length) in [(4, 15), (3, 14), (3, 13), (3, 10), (1, 3), (1, 0), (u32::MAX, 15)] {
            let said = read(count, &texts[..length]).unwrap();
            assert!(said.contains("a page has fewer texts than it says"), "{count} in {length} bytes: {said}");
        }
        let dictionary = |bytes: &[u8]| {
            let buf = bytes::Bytes::copy_from_slice(bytes);
            let page = Page::DictionaryPage { buf, num_values: 3, encoding: Encoding::PLAIN, is_sorted: false };
            said_of(vec![page], Type::BYTE_ARRAY, true)
        };
        assert_eq!(dictionary(&texts), None);
        assert!(dictionary(&texts[..14]).is_some());
    }
}
